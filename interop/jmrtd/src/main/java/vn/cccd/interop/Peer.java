package vn.cccd.interop;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Security;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Map;
import org.jmrtd.lds.SODFile;

/** A peer that we did not teach: each line on stdin is a request in JSON, each line on stdout its answer. */
public final class Peer {
  private Peer() {}

  public static void main(String[] args) throws Exception {
    Security.addProvider(Documents.BC);
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      JsonObject request = JsonParser.parseString(line).getAsJsonObject();
      JsonObject answer;
      try {
        answer = switch (request.get("do").getAsString()) {
          case "read" -> Reading.read(request);
          case "judge" -> judge(request);
          case "generate" -> Generator.generate(request);
          case "bench" -> bench(request);
          case "benchGenerate" -> Generator.bench(request);
          default -> throw new IllegalArgumentException("unknown request");
        };
      } catch (Exception e) {
        answer = new JsonObject();
        answer.addProperty("ok", false);
        answer.addProperty("fault", e.toString());
      }
      System.out.println(answer);
      System.out.flush();
    }
  }

  private static JsonObject judge(JsonObject request) throws Exception {
    Map<String, byte[]> files = Documents.folder(Path.of(request.get("folder").getAsString()));
    JsonObject answer = new JsonObject();
    answer.addProperty("ok", true);
    answer.add("told", Documents.describe(files));
    byte[] csca = request.has("csca") ? Files.readAllBytes(Path.of(request.get("csca").getAsString())) : null;
    answer.add("verdict", Documents.judge(files, csca));
    return answer;
  }

  /** Passive authentications a second on one thread: SOD parsed, hashes, signature and chain, the CSCA's key kept. */
  private static JsonObject bench(JsonObject request) throws Exception {
    Map<String, byte[]> files = Documents.folder(Path.of(request.get("folder").getAsString()));
    PublicKey csca = Documents.certificate(Files.readAllBytes(Path.of(request.get("csca").getAsString()))).getPublicKey();
    long warm = request.get("warmMs").getAsLong();
    long measure = request.get("measureMs").getAsLong();
    long start = System.nanoTime();
    while (System.nanoTime() - start < warm * 1_000_000) once(files, csca);
    long count = 0;
    start = System.nanoTime();
    while (System.nanoTime() - start < measure * 1_000_000) {
      once(files, csca);
      count++;
    }
    JsonObject answer = new JsonObject();
    answer.addProperty("ok", true);
    answer.addProperty("perSecond", count * 1e9 / (System.nanoTime() - start));
    return answer;
  }

  private static void once(Map<String, byte[]> files, PublicKey csca) throws Exception {
    SODFile sod = new SODFile(new ByteArrayInputStream(files.get("EF.SOD")));
    X509Certificate signer = sod.getDocSigningCertificate();
    MessageDigest digest = MessageDigest.getInstance(sod.getDigestAlgorithm());
    for (var entry : sod.getDataGroupHashes().entrySet()) {
      byte[] file = files.get("EF.DG" + entry.getKey());
      if (file != null && !Arrays.equals(digest.digest(file), entry.getValue())) throw new IllegalStateException("hash");
    }
    if (!Documents.signatureHolds(sod, signer)) throw new IllegalStateException("signature");
    signer.verify(csca, Documents.BC);
  }
}
