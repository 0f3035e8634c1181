import type { CommandCode, StudioPaper } from '../../host/contract';
import { commandError } from '../../host/host';
import type { StudioHost } from '../../host/studioHost';

/** What a streamer can do with an order. */
export type Deed = 'refund' | 'decline' | 'ship';

/** The shop takes this many characters. */
export const CARRIER_MAX = 40;
export const NUMBER_MAX = 60;

/** What is being done with one order: what was typed, what was sent, and what came of it. */
export class OrderWork {
  /** The form that stands open. */
  open = $state<Deed | null>(null);
  /** How much goes back, as typed; why, for the streamer's own books; and what the viewer is told who gets nothing back. */
  amount = $state('');
  reason = $state('');
  no = $state('');
  carrier = $state('');
  number = $state('');
  busy = $state(false);
  trouble = $state<CommandCode | null>(null);
  /** A refund was sent and nobody knows whether it arrived. */
  unanswered_fen = $state<number | null>(null);
  /** The last one was refused because that had arrived. */
  arrived = $state(false);
  readonly #host: StudioHost;
  readonly #orderId: string;
  readonly #keep: (paper: StudioPaper) => void;
  /** Stays the same until the shop has said what became of it: it can then only ever be one refund. */
  #requestId = mint();

  constructor(host: StudioHost, orderId: string, keep: (paper: StudioPaper) => void) {
    this.#host = host;
    this.#orderId = orderId;
    this.#keep = keep;
  }

  start(deed: Deed): void {
    this.open = deed;
    this.trouble = null;
  }

  close(): void {
    if (!this.busy) this.open = null;
  }

  /** Gives money back; whether the shop took it. */
  async refund(amount_fen: number): Promise<boolean> {
    const unanswered = this.unanswered_fen !== null;
    this.arrived = false;
    const done = await this.#try(() => this.#host.refund(this.#orderId, { request_id: this.#requestId, amount_fen, reason: this.reason.trim() }));
    switch (this.trouble) {
      case null:
        break;
      // Whether it arrived is not known: the same request is sent again.
      case 'no_answer':
      case 'unusable_answer':
      case 'internal':
        this.unanswered_fen = amount_fen;
        return false;
      // An earlier try under this number did arrive, with another amount. What is sent from here on is another refund.
      case 'request_conflict':
        this.arrived = unanswered;
        break;
      // This request was looked at and not taken. It keeps its number: a try before it may still be on its way.
      case 'refund_exceeds':
      case 'not_found':
      case 'invalid_params':
        this.unanswered_fen = null;
        return false;
      // It was not even looked at.
      default:
        return false;
    }
    if (done) this.amount = this.reason = '';
    this.unanswered_fen = null;
    this.#requestId = mint();
    return done;
  }

  /** Says no to the viewer's wish. */
  async decline(): Promise<boolean> {
    // The shop takes one line.
    const done = await this.#try(() => this.#host.declineRefund(this.#orderId, this.no.trim().replace(/\s+/g, ' ')));
    if (done) this.no = '';
    return done;
  }

  /** Says how it was sent. */
  ship(): Promise<boolean> {
    return this.#try(() => this.#host.ship(this.#orderId, { carrier: this.carrier.trim(), number: this.number.trim() }));
  }

  async #try(call: () => Promise<StudioPaper>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.trouble = null;
    try {
      this.#keep(await call());
      this.open = null;
      return true;
    } catch (reason) {
      this.trouble = commandError(reason).code;
      return false;
    } finally {
      this.busy = false;
    }
  }
}

function mint(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
