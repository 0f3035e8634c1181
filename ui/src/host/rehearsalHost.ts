import type { Crowd, CrowdPlan, Entrance, LanPhone, Language, Panel, Rehearsal, Trouble } from './contract';

/** Rehearsing in the practice room: what goes wrong on purpose, the script, and a crowd. */
export interface RehearsalHost {
  panel(): Promise<Panel>;
  setTrouble(trouble: Trouble, on: boolean): Promise<Panel>;
  clearTroubles(): Promise<Panel>;
  /** Something happened, or a switch moved by itself: ask for the panel again. Returns a function that stops listening. */
  onHappening(listener: () => void): () => void;
  /** Begins the script, or attaches to the one that runs. Views keep coming until it is over. */
  rehearse(onView: (view: Rehearsal) => void): Promise<void>;
  stop(): Promise<void>;
  /** The rehearsal that runs, or ran last since the program was started. */
  last(): Promise<Rehearsal | null>;
  /** Writes the report of the last rehearsal as a page; resolves with where it lies. */
  saveReport(language: Language): Promise<string>;
  /** Sends a crowd into the practice room. Views keep coming until it is over. */
  crowd(plan: CrowdPlan, onView: (view: Crowd) => void): Promise<void>;
  stopCrowd(): Promise<void>;
  /** Lets phones in the same network open the pretend phone, or no longer. */
  lanPhone(on: boolean): Promise<LanPhone>;
  /** Puts the practice room back as it was at first: sample goods, no orders. Resolves with the room entered anew. */
  resetPractice(): Promise<Entrance>;
}
