import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import {
  create,
  createFileRegistry,
  fromBinary,
  fromJson,
  isMessage,
  toBinary,
  toJson,
  type DescField,
  type DescMessage,
  type Message,
  ScalarType,
} from '@bufbuild/protobuf';
import { reflect, type ReflectMessage } from '@bufbuild/protobuf/reflect';
import { FileDescriptorSetSchema, StructSchema, TimestampSchema } from '@bufbuild/protobuf/wkt';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as cloud from './cloud.ts';
import * as commands from './commands.ts';
import * as events from './events.ts';

interface Codec {
  decode(bytes: Uint8Array): unknown;
  toJSON(message: unknown): unknown;
  fromJSON(json: unknown): unknown;
  encode(message: unknown): { finish(): Uint8Array };
}

const root = new URL('../../../../proto', import.meta.url).pathname;
const bin = join(dirname(createRequire(import.meta.url).resolve('@bufbuild/buf/package.json')), 'bin', 'buf');
const image = execFileSync(process.execPath, [bin, 'build', '-o', '-', '--as-file-descriptor-set'], { cwd: root });
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, image));
const messages = [...registry].flatMap((type) =>
  type.kind === 'message' && type.typeName.startsWith('kestrel.') && !type.file.proto.options?.deprecated ? [type] : [],
);

/** ts-proto names a nested message Outer_Inner. */
function codecOf(desc: DescMessage): Codec {
  const name = desc.typeName.split('.').slice(3).join('_');
  const found: unknown = Reflect.get({ ...events, ...cloud, ...commands }, name);
  if (!isCodec(found)) throw new Error(`no generated code for ${desc.typeName}`);
  return found;
}

function isCodec(value: unknown): value is Codec {
  return typeof value === 'object' && value !== null && 'decode' in value && 'toJSON' in value && 'fromJSON' in value;
}

function scalar(type: ScalarType): fc.Arbitrary<unknown> {
  switch (type) {
    case ScalarType.STRING:
      return fc.string({ unit: 'grapheme', maxLength: 12 });
    case ScalarType.BYTES:
      return fc.uint8Array({ maxLength: 12 });
    case ScalarType.BOOL:
      return fc.boolean();
    case ScalarType.UINT32:
      return fc.integer({ min: 0, max: 0xffff_ffff });
    case ScalarType.UINT64:
      return fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn });
    case ScalarType.INT32:
      return fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });
    default:
      throw new Error(`the contracts use no ${ScalarType[type]} yet: add it here`);
  }
}

const timestamp = fc
  .date({ min: new Date('1970-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
  .map((date) => create(TimestampSchema, timestampOf(date)));
const timestampOf = (date: Date) => ({
  seconds: BigInt(Math.floor(date.getTime() / 1000)),
  nanos: (date.getTime() % 1000) * 1_000_000,
});
const struct = fc
  .dictionary(fc.string({ minLength: 1, maxLength: 6 }), fc.oneof(fc.string(), fc.boolean(), fc.integer()))
  .map((json) => fromJson(StructSchema, json));

function messageArbitrary(desc: DescMessage, depth: number): fc.Arbitrary<Message> {
  if (desc.typeName === TimestampSchema.typeName) return timestamp;
  const fields = fc.record(
    Object.fromEntries(desc.fields.map((field) => [field.localName, fieldArbitrary(field, depth)] as const)),
    { requiredKeys: [] },
  );
  return fields.map((values) => {
    const message = reflect(desc);
    for (const field of desc.fields) {
      const value = values[field.localName];
      if (value === undefined || (field.oneof && field.oneof.fields.some((other) => message.isSet(other)))) continue;
      setField(message, field, value);
    }
    return message.message;
  });
}

function setField(target: ReflectMessage, field: DescField, value: unknown): void {
  if (field.fieldKind === 'list' && Array.isArray(value)) {
    const list = target.get(field);
    for (const item of value) list.add(field.listKind === 'message' ? reflect(field.message, item) : item);
  } else if (field.fieldKind === 'map' && typeof value === 'object' && value !== null) {
    const map = target.get(field);
    for (const [key, item] of Object.entries(value)) {
      map.set(field.mapKey === ScalarType.UINT32 ? Number(key) : key, item);
    }
  } else if (field.fieldKind === 'message') {
    target.set(field, reflect(field.message, isMessage(value) ? value : undefined));
  } else {
    target.set(field, value);
  }
}

/** The mapping allows 0, 3, 6 or 9 digits of a second; ts-proto always writes 3. */
const withMilliseconds = (json: unknown): unknown =>
  JSON.parse(JSON.stringify(json).replaceAll(/"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)Z"/g, '"$1.000Z"'));

const isStruct = (desc: DescMessage) => desc.typeName === StructSchema.typeName;

function fieldArbitrary(field: DescField, depth: number): fc.Arbitrary<unknown> {
  switch (field.fieldKind) {
    case 'scalar':
      return scalar(field.scalar);
    case 'enum':
      return fc.constantFrom(...field.enum.values.map((value) => value.number));
    case 'message':
      return depth === 0 ? fc.constant(undefined) : fieldMessage(field.message, depth);
    case 'list':
      if (field.listKind === 'scalar') return fc.array(scalar(field.scalar), { maxLength: 3 });
      if (field.listKind === 'enum')
        return fc.array(fc.constantFrom(...field.enum.values.map((value) => value.number)));
      return depth === 0 ? fc.constant(undefined) : fc.array(fieldMessage(field.message, depth), { maxLength: 2 });
    case 'map': {
      const keys = field.mapKey === ScalarType.UINT32 ? fc.nat(999).map(String) : fc.string({ maxLength: 6 });
      return field.mapKind === 'scalar' ? fc.dictionary(keys, scalar(field.scalar), { maxKeys: 3 }) : fc.constant({});
    }
    default:
      throw new Error('unknown kind of field');
  }
}

const fieldMessage = (desc: DescMessage, depth: number): fc.Arbitrary<unknown> =>
  isStruct(desc) ? struct : messageArbitrary(desc, depth - 1);

describe('JSON of the generated code', () => {
  test('the image holds every family of messages', () => {
    expect(new Set(messages.map((message) => message.file.proto.package))).toEqual(
      new Set(['kestrel.events.v1', 'kestrel.cloud.v1', 'kestrel.commands.v1']),
    );
  });

  test.each(messages.map((message) => [message.typeName, message] as const))('%s is canonical', (_name, desc) => {
    const codec = codecOf(desc);
    fc.assert(
      fc.property(messageArbitrary(desc, 2), (message) => {
        const ours = codec.decode(toBinary(desc, message));
        const canonical = toJson(desc, message, { registry });
        const json: unknown = JSON.parse(JSON.stringify(codec.toJSON(ours)));
        expect(json).toEqual(withMilliseconds(canonical));
        expect(codec.fromJSON(json)).toEqual(ours);
      }),
      { numRuns: 25 },
    );
  });
});
