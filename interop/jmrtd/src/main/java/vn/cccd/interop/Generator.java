package vn.cccd.interop;

import com.google.gson.JsonObject;
import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
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
import org.jmrtd.lds.SODFile;
import org.jmrtd.lds.icao.COMFile;
import org.jmrtd.lds.icao.DG15File;
import org.jmrtd.lds.icao.DG1File;
import org.jmrtd.lds.icao.DG2File;
import org.jmrtd.lds.icao.MRZInfo;
import org.jmrtd.lds.iso19794.FaceImageInfo;
import org.jmrtd.lds.iso19794.FaceInfo;

/** Documents made by JMRTD and BouncyCastle alone, for our reader and verifier to judge. */
final class Generator {
  private Generator() {}

  private static final long DAY = 86_400_000L;

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

  private static X509Certificate certificate(String subject, PublicKey key, String issuer, PublicKey issuerKey, PrivateKey signer, String algorithm, boolean authority, long now) throws Exception {
    var builder = new JcaX509v3CertificateBuilder(new X500Name(issuer), new BigInteger(64, new SecureRandom()), new Date(now - 30 * DAY), new Date(now + 3000 * DAY), new X500Name(subject), key);
    var utils = new JcaX509ExtensionUtils();
    builder.addExtension(Extension.subjectKeyIdentifier, false, utils.createSubjectKeyIdentifier(key));
    builder.addExtension(Extension.authorityKeyIdentifier, false, utils.createAuthorityKeyIdentifier(issuerKey));
    builder.addExtension(Extension.keyUsage, true, new KeyUsage(authority ? KeyUsage.keyCertSign | KeyUsage.cRLSign : KeyUsage.digitalSignature));
    if (authority) builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
    return new JcaX509CertificateConverter().setProvider(Documents.BC).getCertificate(builder.build(new JcaContentSignerBuilder(algorithm).setProvider(Documents.BC).build(signer)));
  }

  /** {folder, csca: key kind, signer: key kind, cscaAlgorithm, signerAlgorithm, digest, portrait, documentNumber, optional, now} */
  static JsonObject generate(JsonObject request) throws Exception {
    Path folder = Path.of(request.get("folder").getAsString());
    Files.createDirectories(folder);
    long now = request.get("now").getAsLong();
    String state = "VN";
    KeyPair cscaKey = pair(request.get("csca").getAsString());
    KeyPair signerKey = pair(request.get("signer").getAsString());
    String cscaName = "C=" + state + ",O=JMRTD TEST,CN=CSCA TEST";
    X509Certificate csca = certificate(cscaName, cscaKey.getPublic(), cscaName, cscaKey.getPublic(), cscaKey.getPrivate(), request.get("cscaAlgorithm").getAsString(), true, now);
    X509Certificate signer = certificate("C=" + state + ",O=JMRTD TEST,CN=DS TEST", signerKey.getPublic(), cscaName, cscaKey.getPublic(), cscaKey.getPrivate(), request.get("cscaAlgorithm").getAsString(), false, now);

    TreeMap<Integer, byte[]> groups = new TreeMap<>();
    MRZInfo mrz = MRZInfo.createTD1MRZInfo("ID", "VNM", request.get("documentNumber").getAsString(), request.get("optional").getAsString(), "900101", Gender.FEMALE, "400101", "VNM", "", "TRAN", "THI<THU<NGHIEM");
    groups.put(1, new DG1File(mrz).getEncoded());
    byte[] portrait = Files.readAllBytes(Path.of(request.get("portrait").getAsString()));
    FaceImageInfo image = new FaceImageInfo(Gender.FEMALE, FaceImageInfo.EyeColor.BROWN, 0, 0, 0, new int[3], new int[3], 1, 1, 0, 0, 0, new FaceImageInfo.FeaturePoint[0], 300, 400, new ByteArrayInputStream(portrait), portrait.length, 0);
    groups.put(2, new DG2File(List.of(new FaceInfo(List.of(image)))).getEncoded());
    groups.put(15, new DG15File(pair("rsa2048").getPublic()).getEncoded());

    String digest = request.get("digest").getAsString();
    TreeMap<Integer, byte[]> hashes = new TreeMap<>();
    for (var group : groups.entrySet()) hashes.put(group.getKey(), MessageDigest.getInstance(digest).digest(group.getValue()));
    SODFile sod = new SODFile(digest, request.get("signerAlgorithm").getAsString(), hashes, signerKey.getPrivate(), signer, Documents.BC.getName());
    COMFile com = new COMFile("1.7", "4.0.0", new int[] {0x61, 0x75, 0x6f});

    for (var group : groups.entrySet()) Files.write(folder.resolve("EF.DG" + group.getKey() + ".bin"), group.getValue());
    Files.write(folder.resolve("EF.SOD.bin"), sod.getEncoded());
    Files.write(folder.resolve("EF.COM.bin"), com.getEncoded());
    Files.write(folder.resolve("csca.cer"), csca.getEncoded());
    JsonObject answer = new JsonObject();
    answer.addProperty("ok", true);
    return answer;
  }
}
