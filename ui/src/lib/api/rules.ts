/** What happens to messages as they are stored: fields, extraction rules, partitions. The published calls. */
import { ask, json, whole } from "./call";

export interface FieldRow {
  fieldId: string;
  fieldName: string;
  dataType: string;
  state: "Enabled" | "Disabled";
}
export interface ExtractionRule {
  id: string;
  name: string;
  scope: string;
  parseExpression: string;
  enabled: boolean;
  fieldNames?: string[];
}
export interface Partition {
  id: string;
  name: string;
  routingExpression: string;
  retentionPeriod: number;
  isIncludedInDefaultSearch?: boolean | null;
  isActive: boolean;
  indexType: string;
  totalBytes: number;
}
export type RuleDraft = Pick<ExtractionRule, "name" | "scope" | "parseExpression" | "enabled">;
export type PartitionDraft = Pick<Partition, "name" | "routingExpression" | "retentionPeriod" | "isIncludedInDefaultSearch">;

const RULES = "/api/v1/extractionRules";
const PARTITIONS = "/api/v1/partitions";
const FIELDS = "/api/v1/fields";

export const fields = {
  all: async () => (await json<{ data: FieldRow[] }>("GET", FIELDS)).data,
  builtIn: async () => (await json<{ data: FieldRow[] }>("GET", `${FIELDS}/builtin`)).data,
  dropped: async () => (await json<{ data: { fieldName: string }[] }>("GET", `${FIELDS}/dropped`)).data.map((one) => one.fieldName),
  quota: () => json<{ quota: number; remaining: number }>("GET", `${FIELDS}/quota`),
  add: (fieldName: string) => json<FieldRow>("POST", FIELDS, { fieldName }),
  enable: (id: string, on: boolean) => (on ? ask("PUT", `${FIELDS}/${id}/enable`) : ask("DELETE", `${FIELDS}/${id}/disable`)),
  remove: (id: string) => ask("DELETE", `${FIELDS}/${id}`),
};
export const rules = {
  all: () => whole<ExtractionRule>(RULES),
  add: (rule: RuleDraft) => json<ExtractionRule>("POST", RULES, rule),
  replace: (id: string, rule: RuleDraft) => json<ExtractionRule>("PUT", `${RULES}/${id}`, rule),
  remove: (id: string) => ask("DELETE", `${RULES}/${id}`),
};
export const partitions = {
  all: () => whole<Partition>(PARTITIONS),
  add: (partition: PartitionDraft) => json<Partition>("POST", PARTITIONS, partition),
  replace: (id: string, partition: Omit<PartitionDraft, "name">) => json<Partition>("PUT", `${PARTITIONS}/${id}`, partition),
  decommission: (id: string) => ask("POST", `${PARTITIONS}/${id}/decommission`),
};
