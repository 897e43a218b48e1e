package vn.cccd.interop;

import com.google.gson.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.crypto.Cipher;
import javax.smartcardio.CardTerminal;
import javax.smartcardio.TerminalFactory;
import net.sf.scuba.smartcards.CardServiceException;
import org.jmrtd.BACKey;
import org.jmrtd.PACEKeySpec;
import org.jmrtd.PassportService;
import org.jmrtd.Util;
import org.jmrtd.lds.CardAccessFile;
import org.jmrtd.lds.ChipAuthenticationInfo;
import org.jmrtd.lds.ChipAuthenticationPublicKeyInfo;
import org.jmrtd.lds.PACEInfo;
import org.jmrtd.lds.SODFile;
import org.jmrtd.lds.SecurityInfo;
import org.jmrtd.lds.icao.DG14File;
import org.jmrtd.lds.icao.DG15File;
import org.jmrtd.protocol.AAResult;

/** One reading of a card on a PC/SC reader by JMRTD. */
final class Reading {
  private Reading() {}

  static CardTerminal terminal(String name) throws Exception {
    List<CardTerminal> terminals = TerminalFactory.getDefault().terminals().list();
    for (CardTerminal terminal : terminals) {
      if (terminal.getName().contains(name) && terminal.waitForCardPresent(10_000)) return terminal;
    }
    throw new IllegalStateException("no card on a reader called " + name);
  }

  static byte[] file(PassportService service, short fid) throws Exception {
    try (InputStream in = service.getInputStream(fid, service.getMaxReadBinaryLength())) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      in.transferTo(out);
      return out.toByteArray();
    }
  }

  static JsonObject read(JsonObject request) throws Exception {
    JsonObject answer = new JsonObject();
    PcscCardService card = new PcscCardService(terminal(request.get("reader").getAsString()));
    int block = request.has("block") ? request.get("block").getAsInt() : PassportService.DEFAULT_MAX_BLOCKSIZE;
    int transceive = block > 256 ? PassportService.EXTENDED_MAX_TRANCEIVE_LENGTH : PassportService.NORMAL_MAX_TRANCEIVE_LENGTH;
    PassportService service = new PassportService(card, transceive, block, false, true);
    String step = "open";
    Map<String, byte[]> files = new TreeMap<>();
    try {
      service.open();
      BACKey key = request.has("documentNumber")
        ? new BACKey(request.get("documentNumber").getAsString(), request.get("dateOfBirth").getAsString(), request.get("dateOfExpiry").getAsString())
        : null;
      String access = request.get("access").getAsString();
      boolean pace = access.startsWith("PACE");
      if (pace) {
        step = "EF.CardAccess";
        byte[] cardAccess = file(service, PassportService.EF_CARD_ACCESS);
        files.put("EF.CardAccess", cardAccess);
        PACEKeySpec spec = access.equals("PACE-CAN") ? PACEKeySpec.createCANKey(request.get("can").getAsString()) : PACEKeySpec.createMRZKey(key);
        step = "PACE";
        for (SecurityInfo info : new CardAccessFile(new ByteArrayInputStream(cardAccess)).getSecurityInfos()) {
          if (!(info instanceof PACEInfo offer)) continue;
          service.doPACE(spec, offer.getObjectIdentifier(), PACEInfo.toParameterSpec(offer.getParameterId()), offer.getParameterId());
          break;
        }
      }
      step = "SELECT";
      service.sendSelectApplet(pace);
      if (!pace) {
        step = "BAC";
        service.doBAC(key);
      }
      answer.addProperty("opened", access);
      boolean few = request.has("few") && request.get("few").getAsBoolean();
      step = "EF.COM";
      files.put("EF.COM", file(service, PassportService.EF_COM));
      step = "EF.SOD";
      files.put("EF.SOD", file(service, PassportService.EF_SOD));
      SODFile sod = new SODFile(new ByteArrayInputStream(files.get("EF.SOD")));
      var listed = sod.getDataGroupHashes().keySet();
      if (!few && listed.contains(14)) {
        step = "EF.DG14";
        files.put("EF.DG14", file(service, PassportService.EF_DG14));
        answer.addProperty("chipAuthentication", chipAuthentication(service, files.get("EF.DG14")));
      }
      for (int number : listed) {
        if (number == 3 || number == 4 || number == 14 || (few && number != 1 && number != 2)) continue;
        step = "EF.DG" + number;
        files.put("EF.DG" + number, file(service, (short) (0x0100 + number)));
      }
      if (!few && files.containsKey("EF.DG15")) {
        step = "AA";
        answer.addProperty("activeAuthentication", activeAuthentication(service, files, sod));
      }
      answer.addProperty("ok", true);
    } catch (Exception e) {
      answer.addProperty("ok", false);
      answer.addProperty("step", step);
      answer.addProperty("fault", e.getClass().getSimpleName());
      if (e instanceof CardServiceException fault) answer.addProperty("sw", Integer.toHexString(fault.getSW()));
    } finally {
      service.close();
      card.close();
    }
    answer.addProperty("apdus", card.apdus);
    answer.addProperty("bytesOut", card.bytesOut);
    answer.addProperty("bytesIn", card.bytesIn);
    answer.add("told", Documents.describe(files));
    if (files.containsKey("EF.SOD")) {
      byte[] csca = request.has("csca") ? Files.readAllBytes(Path.of(request.get("csca").getAsString())) : null;
      answer.add("verdict", Documents.judge(files, csca));
    }
    return answer;
  }

  private static boolean chipAuthentication(PassportService service, byte[] dg14) throws Exception {
    DG14File file = new DG14File(new ByteArrayInputStream(dg14));
    for (ChipAuthenticationPublicKeyInfo key : file.getChipAuthenticationPublicKeyInfos()) {
      String oid = null;
      for (ChipAuthenticationInfo info : file.getChipAuthenticationInfos()) {
        if (key.getKeyId() == null || key.getKeyId().equals(info.getKeyId())) oid = info.getObjectIdentifier();
      }
      try {
        service.doEACCA(key.getKeyId(), oid, key.getObjectIdentifier(), key.getSubjectPublicKey());
        // The proof is the next protected answer: the chip could not derive the new keys without its private key.
        file(service, PassportService.EF_COM);
        return true;
      } catch (Exception e) {
        return false;
      }
    }
    return false;
  }

  private static boolean activeAuthentication(PassportService service, Map<String, byte[]> files, SODFile sod) throws Exception {
    PublicKey key = new DG15File(new ByteArrayInputStream(files.get("EF.DG15"))).getPublicKey();
    byte[] challenge = new byte[8];
    new SecureRandom().nextBytes(challenge);
    if (key instanceof RSAPublicKey rsa) {
      AAResult result = service.doAA(key, "SHA-1", "SHA1WithRSA/ISO9796-2", challenge);
      Cipher cipher = Cipher.getInstance("RSA/NONE/NoPadding", Documents.BC);
      cipher.init(Cipher.DECRYPT_MODE, rsa);
      byte[] plain = cipher.doFinal(result.getResponse());
      boolean sha1 = (plain[plain.length - 1] & 0xff) == 0xbc;
      String digestName = sha1 ? "SHA-1" : switch (plain[plain.length - 2] & 0xff) {
        case 0x33 -> "SHA-1";
        case 0x34 -> "SHA-256";
        case 0x35 -> "SHA-512";
        case 0x36 -> "SHA-384";
        case 0x38 -> "SHA-224";
        default -> throw new IllegalStateException("trailer");
      };
      MessageDigest digest = MessageDigest.getInstance(digestName);
      byte[] m1;
      if (sha1) {
        m1 = Util.recoverMessage(digest.getDigestLength(), plain);
      } else {
        m1 = Arrays.copyOfRange(plain, 1, plain.length - 2 - digest.getDigestLength());
      }
      digest.update(m1);
      digest.update(challenge);
      int end = plain.length - (sha1 ? 1 : 2);
      byte[] stated = Arrays.copyOfRange(plain, end - digest.getDigestLength(), end);
      return Arrays.equals(digest.digest(), stated);
    }
    DG14File dg14 = new DG14File(new ByteArrayInputStream(files.get("EF.DG14")));
    String name = "SHA256withPLAIN-ECDSA";
    if (!dg14.getActiveAuthenticationInfos().isEmpty()) {
      String mnemonic = org.jmrtd.lds.ActiveAuthenticationInfo.lookupMnemonicByOID(dg14.getActiveAuthenticationInfos().get(0).getSignatureAlgorithmOID());
      name = mnemonic.replaceAll("with.*", "with") + "PLAIN-ECDSA";
    }
    AAResult result = service.doAA(key, "SHA-256", "SHA256withECDSA", challenge);
    Signature signature = Signature.getInstance(name, Documents.BC);
    signature.initVerify(key);
    signature.update(challenge);
    return signature.verify(result.getResponse());
  }
}
