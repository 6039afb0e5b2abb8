/**
 * Asks Loupe's oracle: true values of Gemma 2 and JumpReLU SAEs, proven bounds, verdicts.
 * golden/PROTOCOL.md describes the messages; strategies.ts has random inputs for fast-check.
 */
import { ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export type Tensor = {
  dtype: "F64" | "F32" | "F16" | "BF16";
  shape: number[];
  data: string;
  /** F64 elements, in replies to requests with a precision. */
  radius?: string;
};

export type Tensors = Record<string, Tensor>;

export type Verdict = {
  verdict: "pass" | "fail" | "undecidable";
  precision: string;
  first_divergence: { name: string; index: number[] | null; reason: string } | null;
};

/** How an operation is computed, or what is judged. */
export type How = {
  arithmetic?: string;
  precision?: string;
  elementary_ulp?: number;
  theirs?: Tensors;
};

/** An error reply; `code` is one of those that hello lists. */
export class OracleError extends Error {
  constructor(
    readonly code: string,
    message: string,
    /** The line that `loupe answer` repeats. */
    readonly request: string,
  ) {
    super(`${code}: ${message}\nrequest: ${request.slice(0, 2000)}`);
  }
}

type Waiting = { resolve: (result: any) => void; reject: (error: Error) => void; line: string };

/** The oracle as a child process. Many questions may be on their way at once. */
export class Oracle {
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, Waiting>();
  private next = 0;
  /** The last line that was sent: a test that `loupe answer` repeats. */
  lastRequest = "";

  /** Such as `new Oracle("./loupe", "serve", "--stdio")`. */
  constructor(program: string, ...args: string[]) {
    this.child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
    createInterface({ input: this.child.stdout! }).on("line", (line) => this.receive(line));
    this.child.on("error", (error) => this.fail(error));
    this.child.on("close", (code) => this.fail(new Error(`the oracle ended with exit code ${code}`)));
    this.child.stdin!.on("error", (error) => this.fail(error));
  }

  private receive(line: string) {
    const reply = JSON.parse(line);
    const asked = this.waiting.get(reply.id);
    if (asked === undefined) {
      return this.fail(new Error(`a reply to no request: ${line.slice(0, 200)}`));
    }
    this.waiting.delete(reply.id);
    if (reply.error) {
      asked.reject(new OracleError(reply.error.code, reply.error.message, asked.line));
    } else {
      asked.resolve(reply.result);
    }
  }

  private fail(error: Error) {
    for (const asked of this.waiting.values()) {
      asked.reject(error);
    }
    this.waiting.clear();
  }

  /** The result of an operation. */
  ask(op: string, args: object = {}, how: How = {}): Promise<any> {
    const id = ++this.next;
    const line = JSON.stringify({ id, op, args, ...how });
    this.lastRequest = line;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject, line });
      this.child.stdin!.write(line + "\n");
    });
  }

  /** The verdict on `theirs`, tensors by the names of the result. */
  async judge(op: string, args: object, theirs: Tensors, how: How = {}): Promise<Verdict> {
    return (await this.ask(op, args, { ...how, theirs })).verdict;
  }

  /** Throws, with the request that repeats it, unless the verdict is pass or undecidable. */
  async check(op: string, args: object, theirs: Tensors, how: How = {}): Promise<void> {
    const verdict = await this.judge(op, args, theirs, how);
    if (verdict.verdict === "fail") {
      throw new OracleError("fail", JSON.stringify(verdict.first_divergence), this.lastRequest);
    }
  }

  /** Ends the oracle; its exit code. */
  async close(): Promise<number> {
    const closed = once(this.child, "close");
    this.child.stdin!.end();
    return (await closed)[0];
  }
}

/** A float32 tensor for a request; numbers are rounded to float32. */
export function tensor(numbers: ArrayLike<number>, shape: number[] = [numbers.length]): Tensor {
  const bytes = Buffer.alloc(4 * numbers.length);
  for (let i = 0; i < numbers.length; i++) {
    bytes.writeFloatLE(numbers[i], 4 * i);
  }
  return { dtype: "F32", shape, data: bytes.toString("base64") };
}

/** The numbers of a tensor in F64 or F32, flat, in row-major order. */
export function values(tensor: Tensor): number[] {
  return tensor.dtype === "F32" ? floats(tensor.data) : doubles(tensor.data);
}

/** How far a correct port may be from each of the values; for replies with a precision. */
export function radius(tensor: Tensor): number[] {
  return doubles(tensor.radius!);
}

function floats(data: string): number[] {
  const bytes = Buffer.from(data, "base64");
  return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i));
}

function doubles(data: string): number[] {
  const bytes = Buffer.from(data, "base64");
  return Array.from({ length: bytes.length / 8 }, (_, i) => bytes.readDoubleLE(8 * i));
}
