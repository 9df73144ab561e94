import { PageRole, Provider } from "@connectionstate/client";

/** A page that a simulated account offers. The provider desk can change every field. */
export interface SamplePage {
  readonly pageId: string;
  readonly name: string;
  readonly role: PageRole;
}

export interface SampleAccount {
  readonly accountId: string;
  readonly name: string;
  readonly personal: boolean;
  readonly pages: readonly SamplePage[];
}

const { ADMIN, ADVERTISER, ANALYST, EDITOR, MODERATOR } = PageRole;

const facebook: readonly SampleAccount[] = [
  {
    accountId: "fb.lan",
    name: "Nguyễn Thị Lan",
    personal: true,
    pages: [
      { pageId: "fb-hoa-sen", name: "Hoa Sen Flowers", role: ADMIN },
      { pageId: "fb-hoa-sen-gifts", name: "Hoa Sen Gifts", role: EDITOR },
      { pageId: "fb-hoa-sen-tea", name: "Trà Hoa Sen", role: ADMIN },
      { pageId: "fb-market", name: "Flower Market Weekly", role: MODERATOR },
    ],
  },
  {
    accountId: "fb.minh",
    name: "Trần Văn Minh",
    personal: true,
    pages: [
      { pageId: "fb-hoa-sen", name: "Hoa Sen Flowers", role: ANALYST },
      { pageId: "fb-market", name: "Flower Market Weekly", role: ADVERTISER },
    ],
  },
  { accountId: "fb.company", name: "Hoa Sen Co., Ltd.", personal: false, pages: [{ pageId: "fb-hoa-sen", name: "Hoa Sen Flowers", role: ADMIN }] },
];

const zalo: readonly SampleAccount[] = [
  {
    accountId: "zalo.lan",
    name: "Nguyễn Thị Lan",
    personal: true,
    pages: [
      { pageId: "oa-hoa-sen", name: "Hoa Sen OA", role: ADMIN },
      { pageId: "oa-hoa-sen-care", name: "Chăm sóc khách hàng Hoa Sen", role: ADMIN },
    ],
  },
  { accountId: "zalo.minh", name: "Trần Văn Minh", personal: true, pages: [{ pageId: "oa-hoa-sen", name: "Hoa Sen OA", role: MODERATOR }] },
];

export function sampleAccounts(provider: Provider): readonly SampleAccount[] {
  return provider === Provider.ZALO ? zalo : facebook;
}
