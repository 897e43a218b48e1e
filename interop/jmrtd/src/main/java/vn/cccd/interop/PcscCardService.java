package vn.cccd.interop;

import javax.smartcardio.Card;
import javax.smartcardio.CardException;
import javax.smartcardio.CardTerminal;
import net.sf.scuba.smartcards.CardService;
import net.sf.scuba.smartcards.CardServiceException;
import net.sf.scuba.smartcards.CommandAPDU;
import net.sf.scuba.smartcards.ResponseAPDU;

/** JMRTD's way to a PC/SC card, which counts what goes over it. */
final class PcscCardService extends CardService {
  private final CardTerminal terminal;
  private Card card;
  int apdus;
  int bytesOut;
  int bytesIn;

  PcscCardService(CardTerminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void open() throws CardServiceException {
    try {
      if (card == null) card = terminal.connect("*");
    } catch (CardException e) {
      throw new CardServiceException("connect", e);
    }
  }

  @Override
  public boolean isOpen() {
    return card != null;
  }

  @Override
  public ResponseAPDU transmit(CommandAPDU command) throws CardServiceException {
    try {
      byte[] out = command.getBytes();
      byte[] in = card.getBasicChannel().transmit(new javax.smartcardio.CommandAPDU(out)).getBytes();
      apdus++;
      bytesOut += out.length;
      bytesIn += in.length;
      return new ResponseAPDU(in);
    } catch (CardException e) {
      throw new CardServiceException("transmit", e);
    }
  }

  @Override
  public byte[] getATR() {
    return card.getATR().getBytes();
  }

  @Override
  public boolean isExtendedAPDULengthSupported() {
    return true;
  }

  @Override
  public boolean isConnectionLost(Exception e) {
    return false;
  }

  @Override
  public void close() {
    if (card == null) return;
    try {
      card.disconnect(true);
    } catch (CardException e) {
      // The card may have been taken off already; there is nothing left to close then.
      System.err.println("disconnect: " + e.getMessage());
    }
    card = null;
  }
}
