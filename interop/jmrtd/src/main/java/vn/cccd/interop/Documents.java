package vn.cccd.interop;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.jmrtd.lds.SODFile;
import org.jmrtd.lds.icao.COMFile;
import org.jmrtd.lds.icao.DG1File;
import org.jmrtd.lds.icao.DG2File;
import org.jmrtd.lds.icao.MRZInfo;
import org.jmrtd.lds.iso19794.FaceImageInfo;
import org.jmrtd.lds.iso19794.FaceInfo;

/** What JMRTD says of a document's files: fields, hashes, signature, chain. */
final class Documents {
  private Documents() {}

  static final BouncyCastleProvider BC = new BouncyCastleProvider();

  static String hex(byte[] bytes) {
    return HexFormat.of().withUpperCase().formatHex(bytes);
  }

  static String sha256(byte[] bytes) throws Exception {
    return hex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  static X509Certificate certificate(byte[] der) throws Exception {
    return (X509Certificate) CertificateFactory.getInstance("X.509", BC).generateCertificate(new ByteArrayInputStream(der));
  }

  /** Reads the files of a document folder; keys are file names without ".bin". */
  static Map<String, byte[]> folder(Path folder) throws Exception {
    Map<String, byte[]> files = new TreeMap<>();
    try (var list = Files.list(folder)) {
      for (Path path : list.toList()) {
        String name = path.getFileName().toString();
        if (name.startsWith("EF.") && name.endsWith(".bin")) {
          files.put(name.substring(0, name.length() - 4), Files.readAllBytes(path));
        }
      }
    }
    return files;
  }

  /** Fields of DG1, picture of DG2, list of EF.COM; a part that JMRTD cannot parse is named in "unparsed". */
  static JsonObject describe(Map<String, byte[]> files) throws Exception {
    JsonObject told = new JsonObject();
    JsonArray unparsed = new JsonArray();
    JsonObject digests = new JsonObject();
    for (var file : files.entrySet()) digests.addProperty(file.getKey(), sha256(file.getValue()));
    told.add("files", digests);
    try {
      if (files.containsKey("EF.DG1")) {
        MRZInfo mrz = new DG1File(new ByteArrayInputStream(files.get("EF.DG1"))).getMRZInfo();
        JsonObject fields = new JsonObject();
        fields.addProperty("documentCode", mrz.getDocumentCode());
        fields.addProperty("issuingState", mrz.getIssuingState());
        fields.addProperty("documentNumber", mrz.getDocumentNumber());
        fields.addProperty("dateOfBirth", mrz.getDateOfBirth());
        fields.addProperty("dateOfExpiry", mrz.getDateOfExpiry());
        fields.addProperty("sex", mrz.getGenderCode().toString());
        fields.addProperty("nationality", mrz.getNationality());
        fields.addProperty("primaryIdentifier", mrz.getPrimaryIdentifier());
        fields.addProperty("secondaryIdentifier", String.join(" ", mrz.getSecondaryIdentifierComponents()));
        fields.addProperty("optionalData1", mrz.getOptionalData1());
        fields.addProperty("optionalData2", mrz.getOptionalData2());
        told.add("dg1", fields);
      }
    } catch (Exception e) {
      unparsed.add("EF.DG1");
    }
    try {
      if (files.containsKey("EF.DG2")) {
        DG2File dg2 = new DG2File(new ByteArrayInputStream(files.get("EF.DG2")));
        JsonArray faces = new JsonArray();
        for (FaceInfo face : dg2.getFaceInfos()) {
          for (FaceImageInfo image : face.getFaceImageInfos()) {
            JsonObject one = new JsonObject();
            one.addProperty("sha256", sha256(image.getImageInputStream().readAllBytes()));
            one.addProperty("mime", image.getMimeType());
            one.addProperty("width", image.getWidth());
            one.addProperty("height", image.getHeight());
            faces.add(one);
          }
        }
        told.add("faces", faces);
      }
    } catch (Exception e) {
      unparsed.add("EF.DG2");
    }
    try {
      if (files.containsKey("EF.COM")) {
        COMFile com = new COMFile(new ByteArrayInputStream(files.get("EF.COM")));
        JsonObject one = new JsonObject();
        one.addProperty("ldsVersion", com.getLDSVersion());
        one.addProperty("unicodeVersion", com.getUnicodeVersion());
        JsonArray tags = new JsonArray();
        for (int tag : com.getTagList()) tags.add(tag);
        one.add("tags", tags);
        told.add("com", one);
      }
    } catch (Exception e) {
      unparsed.add("EF.COM");
    }
    try {
      if (files.containsKey("EF.SOD")) told.add("sod", describe(new SODFile(new ByteArrayInputStream(files.get("EF.SOD")))));
    } catch (Exception e) {
      unparsed.add("EF.SOD");
    }
    told.add("unparsed", unparsed);
    return told;
  }

  /** What EF.SOD lists, by which hash, and who signed it. */
  private static JsonObject describe(SODFile sod) throws Exception {
    JsonObject one = new JsonObject();
    one.addProperty("digestAlgorithm", sod.getDigestAlgorithm());
    JsonObject listed = new JsonObject();
    for (var entry : sod.getDataGroupHashes().entrySet()) listed.addProperty("EF.DG" + entry.getKey(), hex(entry.getValue()));
    one.add("listed", listed);
    X509Certificate signer = sod.getDocSigningCertificate();
    if (signer != null) one.addProperty("signer", sha256(signer.getEncoded()));
    return one;
  }

  /** The signature over the signed attributes (or the content), by the certificate in the SOD. */
  static boolean signatureHolds(SODFile sod, X509Certificate signer) throws Exception {
    String algorithm = sod.getDigestEncryptionAlgorithm();
    // JMRTD's name for the object identifier of RSA-PSS, which no provider knows; the hash stands in the parameters.
    if ("SSAwithRSA/PSS".equals(algorithm)) algorithm = "RSASSA-PSS";
    Signature signature = Signature.getInstance(algorithm, BC);
    var parameters = sod.getDigestEncryptionAlgorithmParams();
    if (parameters != null) signature.setParameter(parameters);
    signature.initVerify(signer);
    signature.update(sod.getEContent());
    return signature.verify(sod.getEncryptedDigest());
  }

  /** Passive authentication with JMRTD's parser: the verdict per piece, without those that it has nothing to say on. */
  static JsonObject judge(Map<String, byte[]> files, byte[] csca) {
    JsonObject verdict = new JsonObject();
    SODFile sod;
    X509Certificate signer;
    try {
      sod = new SODFile(new ByteArrayInputStream(files.get("EF.SOD")));
      signer = sod.getDocSigningCertificate();
      verdict.addProperty("sod", signer != null);
    } catch (Exception e) {
      verdict.addProperty("sod", false);
      return verdict;
    }
    JsonObject hashes = new JsonObject();
    try {
      MessageDigest digest = MessageDigest.getInstance(sod.getDigestAlgorithm());
      for (var entry : sod.getDataGroupHashes().entrySet()) {
        byte[] file = files.get("EF.DG" + entry.getKey());
        if (file != null) hashes.addProperty("EF.DG" + entry.getKey(), Arrays.equals(digest.digest(file), entry.getValue()));
      }
    } catch (Exception e) {
      verdict.addProperty("hashFault", e.getClass().getSimpleName());
    }
    verdict.add("hashes", hashes);
    try {
      if (signer != null) verdict.addProperty("signature", signatureHolds(sod, signer));
    } catch (Exception e) {
      verdict.addProperty("signature", false);
    }
    try {
      if (csca != null && signer != null) {
        PublicKey key = certificate(csca).getPublicKey();
        signer.verify(key, BC);
        verdict.addProperty("chain", true);
      }
    } catch (Exception e) {
      verdict.addProperty("chain", false);
    }
    return verdict;
  }
}
