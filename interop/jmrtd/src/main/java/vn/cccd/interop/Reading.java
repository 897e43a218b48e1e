package vn.cccd.interop;

import com.google.gson.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import javax.smartcardio.CardTerminal;
import javax.smartcardio.TerminalFactory;
import net.sf.scuba.smartcards.CardServiceException;
import org.jmrtd.BACKey;
import org.jmrtd.PACEKeySpec;
import org.jmrtd.PassportService;
import org.jmrtd.lds.CardAccessFile;
import org.jmrtd.lds.LDSFileUtil;
import org.jmrtd.lds.PACEInfo;
import org.jmrtd.lds.SODFile;
import org.jmrtd.lds.SecurityInfo;
import org.jmrtd.lds.icao.COMFile;

/** One reading of a card on a PC/SC reader by JMRTD. */
final class Reading {
  private final JsonObject request;
  private final JsonObject answer = new JsonObject();
  private final JsonObject refused = new JsonObject();
  private final Map<String, byte[]> files = new TreeMap<>();
  private final PcscCardService card;
  private final int block;
  private PassportService service;
  private String step = "open";

  private Reading(JsonObject request) throws Exception {
    this.request = request;
    card = new PcscCardService(terminal(request.get("reader").getAsString()));
    block = request.has("block") ? request.get("block").getAsInt() : PassportService.DEFAULT_MAX_BLOCKSIZE;
  }

  /**
   * {reader, access: BAC, PACE-MRZ or PACE-CAN, can?, documentNumber?, dateOfBirth?, dateOfExpiry?, csca?: path, block?: bytes of a READ BINARY, few?: COM, SOD, DG1 and
   * DG2 alone, without CA and AA}
   */
  static JsonObject read(JsonObject request) throws Exception {
    Reading reading = new Reading(request);
    try {
      reading.run();
      reading.answer.addProperty("ok", true);
    } catch (Exception e) {
      reading.answer.addProperty("ok", false);
      reading.answer.addProperty("step", reading.step);
      reading.answer.addProperty("fault", fault(e));
    } finally {
      reading.card.close();
    }
    return reading.told();
  }

  private static CardTerminal terminal(String name) throws Exception {
    List<CardTerminal> terminals = TerminalFactory.getDefault().terminals().list();
    for (CardTerminal terminal : terminals) {
      if (terminal.getName().contains(name) && terminal.waitForCardPresent(10_000)) return terminal;
    }
    throw new IllegalStateException("no card on a reader called " + name);
  }

  /** The status word where a card gave one, else the name of the exception. */
  private static String fault(Exception e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof CardServiceException said && said.getSW() > 0) return String.format("%04X", said.getSW());
    }
    return e.getClass().getSimpleName();
  }

  private void run() throws Exception {
    open();
    answer.addProperty("opened", request.get("access").getAsString());
    keep("EF.COM", PassportService.EF_COM);
    keep("EF.SOD", PassportService.EF_SOD);
    if (request.has("few") && request.get("few").getAsBoolean()) {
      for (int number : listed()) if (number == 1 || number == 2) keep("EF.DG" + number, (short) (0x0100 + number));
      return;
    }
    Set<Integer> listed = listed();
    if (listed.contains(14)) {
      keep("EF.DG14", PassportService.EF_DG14);
      step = "CA";
      Boolean authentic = files.containsKey("EF.DG14") ? ChipProofs.chipAuthentication(service, files.get("EF.DG14")) : null;
      if (authentic != null) answer.addProperty("chipAuthentication", authentic);
      // The old channel ended with the attempt.
      if (authentic != null && !authentic) open();
    }
    for (int number : listed) if (number != 3 && number != 4 && number != 14) keep("EF.DG" + number, (short) (0x0100 + number));
    if (files.containsKey("EF.DG15")) {
      step = "AA";
      answer.addProperty("activeAuthentication", ChipProofs.activeAuthentication(service, files));
    }
  }

  private void open() throws Exception {
    int transceive = block > 256 ? PassportService.EXTENDED_MAX_TRANCEIVE_LENGTH : PassportService.NORMAL_MAX_TRANCEIVE_LENGTH;
    service = new PassportService(card, transceive, block, false, true);
    service.open();
    BACKey key = request.has("documentNumber")
      ? new BACKey(request.get("documentNumber").getAsString(), request.get("dateOfBirth").getAsString(), request.get("dateOfExpiry").getAsString())
      : null;
    String access = request.get("access").getAsString();
    boolean pace = access.startsWith("PACE");
    if (pace) {
      step = "EF.CardAccess";
      if (!files.containsKey("EF.CardAccess")) files.put("EF.CardAccess", file(PassportService.EF_CARD_ACCESS));
      PACEKeySpec spec = access.equals("PACE-CAN") ? PACEKeySpec.createCANKey(request.get("can").getAsString()) : PACEKeySpec.createMRZKey(key);
      step = "PACE";
      for (SecurityInfo info : new CardAccessFile(new ByteArrayInputStream(files.get("EF.CardAccess"))).getSecurityInfos()) {
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
  }

  /** A whole file in blocks of the wished size; left to itself JMRTD asks for 64 KiB, of which javax.smartcardio takes no more than 8. */
  private byte[] file(short fid) throws Exception {
    try (InputStream in = service.getInputStream(fid, block)) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      in.transferTo(out);
      return out.toByteArray();
    }
  }

  /** Reads a file; one that the card refuses or that JMRTD gives up is told, and the reading goes on. */
  private void keep(String name, short fid) {
    step = name;
    try {
      files.put(name, file(fid));
    } catch (Exception e) {
      refused.addProperty(name, fault(e));
    }
  }

  /** The data groups that EF.SOD and EF.COM list; what cannot be parsed lists none. */
  private Set<Integer> listed() {
    Set<Integer> numbers = new TreeSet<>();
    try {
      numbers.addAll(new SODFile(new ByteArrayInputStream(files.get("EF.SOD"))).getDataGroupHashes().keySet());
    } catch (Exception e) {
      System.err.println("EF.SOD: " + e);
    }
    try {
      for (int tag : new COMFile(new ByteArrayInputStream(files.get("EF.COM"))).getTagList()) numbers.add(LDSFileUtil.lookupDataGroupNumberByTag(tag));
    } catch (Exception e) {
      System.err.println("EF.COM: " + e);
    }
    return numbers;
  }

  private JsonObject told() throws Exception {
    answer.addProperty("apdus", card.apdus);
    answer.addProperty("bytesOut", card.bytesOut);
    answer.addProperty("bytesIn", card.bytesIn);
    answer.add("refused", refused);
    answer.add("told", Documents.describe(files));
    if (!files.isEmpty()) {
      byte[] csca = request.has("csca") ? Files.readAllBytes(Path.of(request.get("csca").getAsString())) : null;
      answer.add("verdict", Documents.judge(files, csca));
    }
    return answer;
  }
}
