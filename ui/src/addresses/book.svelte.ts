import type { Address, AddressDraft, CommandError } from '../host/contract';
import { commandError, type Host } from '../host/host';

/** Most addresses a shop keeps for one viewer. */
export const ADDRESSES_MAX = 20;

/** The viewer's addresses at one shop, as the settings and the checkout show them. */
export class AddressBook {
  at = $state<'loading' | 'failed' | 'ready'>('loading');
  addresses = $state.raw<Address[]>([]);
  /** What went wrong with the last reading. */
  error = $state.raw<CommandError | null>(null);
  /** The address that goods of this shop were sent to last. */
  #last = $state<string | null>(null);
  readonly #host: Host;
  readonly #key: string;

  /** `shopKey` tells the shops apart, for what is remembered of each. */
  constructor(host: Host, shopKey: string) {
    this.#host = host;
    this.#key = `address ${shopKey}`;
    this.#last = localStorage.getItem(this.#key);
  }

  get full(): boolean {
    return this.addresses.length >= ADDRESSES_MAX;
  }

  /** The address to offer: the one used last at this shop, else the default one. */
  get offered(): Address | null {
    return this.byId(this.#last) ?? this.addresses.find((one) => one.is_default) ?? this.addresses[0] ?? null;
  }

  byId(addressId: string | null): Address | null {
    return this.addresses.find((one) => one.address_id === addressId) ?? null;
  }

  /** Reads the book again. What is on screen stays until the answer is here. */
  async load(): Promise<void> {
    if (this.at === 'failed') this.at = 'loading';
    try {
      this.#take(await this.#host.addresses());
    } catch (reason) {
      this.error = commandError(reason);
      // Addresses that are already on screen are better than an error in their place.
      if (this.at !== 'ready') this.at = 'failed';
    }
  }

  /** Puts the book away: the shop has said that it is not as it was. */
  forget(): void {
    this.at = 'loading';
    this.addresses = [];
  }

  /** Adds an address, or changes the one of that id. Resolves with the address as it now stands. */
  async save(addressId: string | null, draft: AddressDraft): Promise<Address | null> {
    const before = new Set(this.addresses.map((one) => one.address_id));
    this.#take(await this.#host.saveAddress(addressId, draft));
    return addressId === null ? (this.addresses.find((one) => !before.has(one.address_id)) ?? null) : this.byId(addressId);
  }

  async remove(addressId: string): Promise<void> {
    this.#take(await this.#host.removeAddress(addressId));
  }

  /** Goods are sent there: offered first the next time. */
  used(addressId: string): void {
    this.#last = addressId;
    localStorage.setItem(this.#key, addressId);
  }

  #take(addresses: Address[]): void {
    this.addresses = addresses;
    this.error = null;
    this.at = 'ready';
  }
}
