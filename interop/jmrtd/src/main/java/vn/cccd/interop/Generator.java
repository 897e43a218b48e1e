package vn.cccd.interop;

import com.google.gson.JsonObject;
import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.TreeMap;
import net.sf.scuba.data.Gender;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jmrtd.lds.ActiveAuthenticationInfo;
import org.jmrtd.lds.CardAccessFile;
import org.jmrtd.lds.ChipAuthenticationInfo;
import org.jmrtd.lds.ChipAuthenticationPublicKeyInfo;
import org.jmrtd.lds.PACEInfo;
import org.jmrtd.lds.SODFile;
import org.jmrtd.lds.SecurityInfo;
import org.jmrtd.lds.icao.COMFile;
import org.jmrtd.lds.icao.DG14File;
import org.jmrtd.lds.icao.DG15File;
import org.jmrtd.lds.icao.DG1File;
import org.jmrtd.lds.icao.DG2File;
import org.jmrtd.lds.icao.MRZInfo;
import org.jmrtd.lds.iso19794.FaceImageInfo;
import org.jmrtd.lds.iso19794.FaceInfo;

/** Documents made by JMRTD and BouncyCastle alone, for our reader and verifier to judge. */
final class Generator {
  private Generator() {}

  private static KeyPair pair(String kind) throws Exception {
    if (kind.startsWith("rsa")) {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA", Documents.BC);
      generator.initialize(Integer.parseInt(kind.substring(3)));
      return generator.generateKeyPair();
    }
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", Documents.BC);
    generator.initialize(new ECGenParameterSpec(kind));
    return generator.generateKeyPair();
  }

  private record Validity(Date from, Date to) {}

  /** Signed by `issuerKey`; an authority where subject and issuer are one. */
  private static X509Certificate certificate(String subject, PublicKey key, String issuer, KeyPair issuerKey, String algorithm, Validity validity) throws Exception {
    boolean authority = subject.equals(issuer);
    var builder = new JcaX509v3CertificateBuilder(new X500Name(issuer), new BigInteger(64, new SecureRandom()).setBit(62), validity.from(), validity.to(), new X500Name(subject), key);
    var utils = new JcaX509ExtensionUtils();
    builder.addExtension(Extension.subjectKeyIdentifier, false, utils.createSubjectKeyIdentifier(key));
    builder.addExtension(Extension.authorityKeyIdentifier, false, utils.createAuthorityKeyIdentifier(issuerKey.getPublic()));
    builder.addExtension(Extension.keyUsage, true, new KeyUsage(authority ? KeyUsage.keyCertSign | KeyUsage.cRLSign : KeyUsage.digitalSignature));
    if (authority) builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
    return new JcaX509CertificateConverter().setProvider(Documents.BC).getCertificate(builder.build(new JcaContentSignerBuilder(algorithm).setProvider(Documents.BC).build(issuerKey.getPrivate())));
  }

  /**
   * {folder, csca, signer, aa, ca?: kinds of key, cscaAlgorithm, signerAlgorithm, digest, portrait: path, width, height, mrz: {documentNumber, optionalData1, dateOfBirth,
   * sex, dateOfExpiry, primaryIdentifier, secondaryIdentifier}, dg13: path of a group that JMRTD takes as it is, caProtocol?, from, to: validity in ms}. Writes the files,
   * csca.cer, and the keys of the chip: aa.p8 and ca.key.
   */
  static JsonObject generate(JsonObject request) throws Exception {
    Path folder = Path.of(request.get("folder").getAsString());
    Files.createDirectories(folder);
    Validity validity = new Validity(new Date(request.get("from").getAsLong()), new Date(request.get("to").getAsLong()));
    KeyPair cscaKey = pair(request.get("csca").getAsString());
    KeyPair signerKey = pair(request.get("signer").getAsString());
    String cscaName = "C=VN,O=JMRTD TEST,CN=CSCA TEST";
    String cscaAlgorithm = request.get("cscaAlgorithm").getAsString();
    X509Certificate csca = certificate(cscaName, cscaKey.getPublic(), cscaName, cscaKey, cscaAlgorithm, validity);
    X509Certificate signer = certificate("C=VN,O=JMRTD TEST,CN=DS TEST", signerKey.getPublic(), cscaName, cscaKey, cscaAlgorithm, validity);

    KeyPair aa = pair(request.get("aa").getAsString());
    Files.write(folder.resolve("aa.p8"), aa.getPrivate().getEncoded());
    List<SecurityInfo> infos = new ArrayList<>();
    if (aa.getPublic() instanceof ECPublicKey) infos.add(new ActiveAuthenticationInfo(ActiveAuthenticationInfo.ECDSA_PLAIN_SHA256_OID));
    if (request.has("ca")) {
      KeyPair ca = pair(request.get("ca").getAsString());
      Files.writeString(folder.resolve("ca.key"), ((ECPrivateKey) ca.getPrivate()).getS().toString(16));
      infos.add(new ChipAuthenticationInfo(request.get("caProtocol").getAsString(), 1, BigInteger.TWO));
      infos.add(new ChipAuthenticationPublicKeyInfo(ca.getPublic(), BigInteger.TWO));
    }
    PACEInfo pace = new PACEInfo(SecurityInfo.ID_PACE_ECDH_GM_AES_CBC_CMAC_128, 2, PACEInfo.PARAM_ID_ECP_BRAINPOOL_P256_R1);
    infos.add(pace);
    Files.write(folder.resolve("EF.CardAccess.bin"), new CardAccessFile(List.of((SecurityInfo) pace)).getEncoded());

    TreeMap<Integer, byte[]> groups = new TreeMap<>();
    groups.put(1, new DG1File(mrz(request.getAsJsonObject("mrz"))).getEncoded());
    groups.put(2, dg2(Files.readAllBytes(Path.of(request.get("portrait").getAsString())), request.get("width").getAsInt(), request.get("height").getAsInt()));
    groups.put(13, Files.readAllBytes(Path.of(request.get("dg13").getAsString())));
    groups.put(14, new DG14File(infos).getEncoded());
    groups.put(15, new DG15File(aa.getPublic()).getEncoded());

    String digest = request.get("digest").getAsString();
    TreeMap<Integer, byte[]> hashes = new TreeMap<>();
    for (var group : groups.entrySet()) hashes.put(group.getKey(), MessageDigest.getInstance(digest).digest(group.getValue()));
    String algorithm = request.get("signerAlgorithm").getAsString();
    AlgorithmParameterSpec pss = algorithm.contains("PSS") ? new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, 32, 1) : null;
    SODFile sod = new SODFile(digest, algorithm, pss, hashes, signerKey.getPrivate(), signer, Documents.BC.getName());
    COMFile com = new COMFile("1.7", "4.0.0", new int[] {0x61, 0x75, 0x6d, 0x6e, 0x6f});

    for (var group : groups.entrySet()) Files.write(folder.resolve("EF.DG" + group.getKey() + ".bin"), group.getValue());
    Files.write(folder.resolve("EF.SOD.bin"), sod.getEncoded());
    Files.write(folder.resolve("EF.COM.bin"), com.getEncoded());
    Files.write(folder.resolve("csca.cer"), csca.getEncoded());
    JsonObject answer = new JsonObject();
    answer.addProperty("ok", true);
    return answer;
  }

  /**
   * Documents built and signed a second on one thread: COM, DG1, DG2 with a ready portrait, DG13 as bytes, DG14, DG15, and an SOD by P-256 with SHA-256. The keys, which are
   * the signer's and one chip's, are made before. {portrait, width, height, mrz, dg13, warmMs, measureMs} as in `generate`, provider: who signs.
   */
  static JsonObject bench(JsonObject request) throws Exception {
    Validity validity = new Validity(new Date(System.currentTimeMillis() - 86_400_000L), new Date(System.currentTimeMillis() + 86_400_000L));
    KeyPair cscaKey = pair("secp256r1");
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", request.get("provider").getAsString());
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    KeyPair signerKey = generator.generateKeyPair();
    X509Certificate signer = certificate("C=VN,O=JMRTD TEST,CN=DS TEST", signerKey.getPublic(), "C=VN,O=JMRTD TEST,CN=CSCA TEST", cscaKey, "SHA256withECDSA", validity);
    KeyPair aa = pair("secp256r1");
    KeyPair ca = pair("brainpoolP256r1");
    byte[] portrait = Files.readAllBytes(Path.of(request.get("portrait").getAsString()));
    byte[] dg13 = Files.readAllBytes(Path.of(request.get("dg13").getAsString()));
    long warm = request.get("warmMs").getAsLong();
    long measure = request.get("measureMs").getAsLong();
    long start = System.nanoTime();
    while (System.nanoTime() - start < warm * 1_000_000) document(request, portrait, dg13, aa.getPublic(), ca.getPublic(), signerKey, signer);
    long count = 0;
    start = System.nanoTime();
    while (System.nanoTime() - start < measure * 1_000_000) {
      document(request, portrait, dg13, aa.getPublic(), ca.getPublic(), signerKey, signer);
      count++;
    }
    JsonObject answer = new JsonObject();
    answer.addProperty("ok", true);
    answer.addProperty("perSecond", count * 1e9 / (System.nanoTime() - start));
    return answer;
  }

  private static byte[][] document(JsonObject request, byte[] portrait, byte[] dg13, PublicKey aa, PublicKey ca, KeyPair signerKey, X509Certificate signer) throws Exception {
    List<SecurityInfo> infos = List.of(new ActiveAuthenticationInfo(ActiveAuthenticationInfo.ECDSA_PLAIN_SHA256_OID), new ChipAuthenticationInfo(SecurityInfo.ID_CA_ECDH_AES_CBC_CMAC_128, 1, BigInteger.TWO), new ChipAuthenticationPublicKeyInfo(ca, BigInteger.TWO),
      new PACEInfo(SecurityInfo.ID_PACE_ECDH_GM_AES_CBC_CMAC_128, 2, PACEInfo.PARAM_ID_ECP_BRAINPOOL_P256_R1));
    TreeMap<Integer, byte[]> groups = new TreeMap<>();
    groups.put(1, new DG1File(mrz(request.getAsJsonObject("mrz"))).getEncoded());
    groups.put(2, dg2(portrait, request.get("width").getAsInt(), request.get("height").getAsInt()));
    groups.put(13, dg13);
    groups.put(14, new DG14File(infos).getEncoded());
    groups.put(15, new DG15File(aa).getEncoded());
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    TreeMap<Integer, byte[]> hashes = new TreeMap<>();
    for (var group : groups.entrySet()) hashes.put(group.getKey(), digest.digest(group.getValue()));
    byte[] sod = new SODFile("SHA-256", "SHA256withECDSA", null, hashes, signerKey.getPrivate(), signer, request.get("provider").getAsString()).getEncoded();
    byte[] com = new COMFile("1.7", "4.0.0", new int[] {0x61, 0x75, 0x6d, 0x6e, 0x6f}).getEncoded();
    return new byte[][] {sod, com};
  }

  private static MRZInfo mrz(JsonObject fields) {
    Gender sex = fields.get("sex").getAsString().equals("F") ? Gender.FEMALE : Gender.MALE;
    return MRZInfo.createTD1MRZInfo("ID", "VNM", fields.get("documentNumber").getAsString(), fields.get("optionalData1").getAsString(), fields.get("dateOfBirth").getAsString(), sex,
      fields.get("dateOfExpiry").getAsString(), "VNM", "", fields.get("primaryIdentifier").getAsString(), fields.get("secondaryIdentifier").getAsString());
  }

  private static byte[] dg2(byte[] portrait, int width, int height) throws Exception {
    FaceImageInfo image = new FaceImageInfo(Gender.FEMALE, FaceImageInfo.EyeColor.BROWN, 0, 0, 0, new int[3], new int[3], 1, 1, 0, 0, 0, new FaceImageInfo.FeaturePoint[0], width, height,
      new ByteArrayInputStream(portrait), portrait.length, FaceImageInfo.IMAGE_DATA_TYPE_JPEG);
    return new DG2File(List.of(new FaceInfo(List.of(image)))).getEncoded();
  }
}
