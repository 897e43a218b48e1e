package vn.cccd.interop;

import java.io.ByteArrayInputStream;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.util.Arrays;
import java.util.Map;
import javax.crypto.Cipher;
import org.jmrtd.PassportService;
import org.jmrtd.Util;
import org.jmrtd.lds.ActiveAuthenticationInfo;
import org.jmrtd.lds.ChipAuthenticationInfo;
import org.jmrtd.lds.ChipAuthenticationPublicKeyInfo;
import org.jmrtd.lds.icao.DG14File;
import org.jmrtd.lds.icao.DG15File;

/** Whether the chip is the one that the document was made for, as far as JMRTD can tell. */
final class ChipProofs {
  private ChipProofs() {}

  /** Chip authentication with the first key of EF.DG14; null when there is none. */
  static Boolean chipAuthentication(PassportService service, byte[] dg14) throws Exception {
    DG14File file = new DG14File(new ByteArrayInputStream(dg14));
    for (ChipAuthenticationPublicKeyInfo key : file.getChipAuthenticationPublicKeyInfos()) {
      String oid = null;
      for (ChipAuthenticationInfo info : file.getChipAuthenticationInfos()) {
        if (key.getKeyId() == null || key.getKeyId().equals(info.getKeyId())) oid = info.getObjectIdentifier();
      }
      try {
        service.doEACCA(key.getKeyId(), oid, key.getObjectIdentifier(), key.getSubjectPublicKey());
        // The proof is the next protected answer: the chip could not derive the new keys without its private key. By the
        // applet's own wrapper, since a file that was read before comes out of JMRTD's memory.
        service.sendSelectApplet(true);
        return true;
      } catch (Exception e) {
        return false;
      }
    }
    return null;
  }

  /** Active authentication with the key of EF.DG15. A chip that refuses, and an answer that cannot be opened, are wrong. */
  static boolean activeAuthentication(PassportService service, Map<String, byte[]> files) throws Exception {
    byte[] challenge = new byte[8];
    new SecureRandom().nextBytes(challenge);
    try {
      PublicKey key = new DG15File(new ByteArrayInputStream(files.get("EF.DG15"))).getPublicKey();
      if (key instanceof RSAPublicKey rsa) {
        return opens(rsa, challenge, service.doAA(key, "SHA-1", "SHA1WithRSA/ISO9796-2", challenge).getResponse());
      }
      DG14File dg14 = new DG14File(new ByteArrayInputStream(files.get("EF.DG14")));
      String name = "SHA256withPLAIN-ECDSA";
      if (!dg14.getActiveAuthenticationInfos().isEmpty()) {
        String mnemonic = ActiveAuthenticationInfo.lookupMnemonicByOID(dg14.getActiveAuthenticationInfos().get(0).getSignatureAlgorithmOID());
        name = mnemonic.replaceAll("with.*", "with") + "PLAIN-ECDSA";
      }
      Signature signature = Signature.getInstance(name, Documents.BC);
      signature.initVerify(key);
      signature.update(challenge);
      return signature.verify(service.doAA(key, "SHA-256", "SHA256withECDSA", challenge).getResponse());
    } catch (Exception e) {
      System.err.println("AA: " + e);
      return false;
    }
  }

  /** ISO/IEC 9796-2, scheme 1: the hash in the opened signature is that over the recovered part and the challenge. */
  private static boolean opens(RSAPublicKey key, byte[] challenge, byte[] response) throws Exception {
    Cipher cipher = Cipher.getInstance("RSA/NONE/NoPadding", Documents.BC);
    cipher.init(Cipher.DECRYPT_MODE, key);
    byte[] plain = cipher.doFinal(response);
    int last = plain[plain.length - 1] & 0xff;
    String name = last == 0xbc ? "SHA-1" : last != 0xcc ? null : switch (plain[plain.length - 2] & 0xff) {
      case 0x33 -> "SHA-1";
      case 0x34 -> "SHA-256";
      case 0x35 -> "SHA-512";
      case 0x36 -> "SHA-384";
      case 0x38 -> "SHA-224";
      default -> null;
    };
    if (name == null) return false;
    MessageDigest digest = MessageDigest.getInstance(name);
    int end = plain.length - (last == 0xbc ? 1 : 2);
    int start = end - digest.getDigestLength();
    // JMRTD opens the SHA-1 form itself.
    digest.update(last == 0xbc ? Util.recoverMessage(digest.getDigestLength(), plain) : Arrays.copyOfRange(plain, 1, start));
    return Arrays.equals(digest.digest(challenge), Arrays.copyOfRange(plain, start, end));
  }
}
