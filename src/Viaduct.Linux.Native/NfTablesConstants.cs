namespace Viaduct.Linux.Native;

/// <summary>Constants of linux/netfilter/nf_tables.h and nfnetlink.h, in the kernel's spelling.</summary>
public static class NfTablesConstants
{
    // nfnetlink.h: struct nfgenmsg { __u8 nfgen_family; __u8 version; __be16 res_id; }
    public const int NFGENMSG_SIZE = 4;
    public const ushort NFNL_SUBSYS_CTNETLINK = 1, NFNL_SUBSYS_NFTABLES = 10, NFNL_MSG_BATCH_BEGIN = 16, NFNL_MSG_BATCH_END = 17;

    // enum nf_tables_msg_types
    public const ushort NFT_MSG_NEWTABLE = 0, NFT_MSG_GETTABLE = 1, NFT_MSG_DELTABLE = 2;
    public const ushort NFT_MSG_NEWCHAIN = 3, NFT_MSG_GETCHAIN = 4, NFT_MSG_DELCHAIN = 5;
    public const ushort NFT_MSG_NEWRULE = 6, NFT_MSG_GETRULE = 7, NFT_MSG_DELRULE = 8;
    public const ushort NFT_MSG_NEWSET = 9, NFT_MSG_GETSET = 10, NFT_MSG_DELSET = 11;
    public const ushort NFT_MSG_NEWSETELEM = 12, NFT_MSG_GETSETELEM = 13, NFT_MSG_DELSETELEM = 14;
    public const ushort NFT_MSG_NEWGEN = 15, NFT_MSG_GETGEN = 16;

    public const ushort NFTA_LIST_ELEM = 1;
    public const ushort NFTA_HOOK_HOOKNUM = 1, NFTA_HOOK_PRIORITY = 2;
    public const ushort NFTA_TABLE_NAME = 1, NFTA_TABLE_HANDLE = 4, NFTA_TABLE_USERDATA = 6;

    public const ushort NFTA_CHAIN_TABLE = 1, NFTA_CHAIN_HANDLE = 2, NFTA_CHAIN_NAME = 3, NFTA_CHAIN_HOOK = 4, NFTA_CHAIN_POLICY = 5;
    public const ushort NFTA_CHAIN_USE = 6, NFTA_CHAIN_TYPE = 7, NFTA_CHAIN_USERDATA = 12;

    public const ushort NFTA_RULE_TABLE = 1, NFTA_RULE_CHAIN = 2, NFTA_RULE_HANDLE = 3, NFTA_RULE_EXPRESSIONS = 4, NFTA_RULE_USERDATA = 7;

    public const uint NFT_SET_INTERVAL = 0x4, NFT_SET_MAP = 0x8, NFT_SET_TIMEOUT = 0x10, NFT_SET_EVAL = 0x20, NFT_SET_CONCAT = 0x80;
    public const ushort NFTA_SET_TABLE = 1, NFTA_SET_NAME = 2, NFTA_SET_FLAGS = 3, NFTA_SET_KEY_TYPE = 4, NFTA_SET_KEY_LEN = 5;
    public const ushort NFTA_SET_DATA_TYPE = 6, NFTA_SET_DATA_LEN = 7, NFTA_SET_DESC = 9, NFTA_SET_ID = 10, NFTA_SET_TIMEOUT = 11;
    public const ushort NFTA_SET_USERDATA = 13, NFTA_SET_HANDLE = 16, NFTA_SET_EXPR = 17, NFTA_SET_EXPRESSIONS = 18, NFTA_SET_COUNT = 20;
    public const ushort NFTA_SET_DESC_SIZE = 1, NFTA_SET_DESC_CONCAT = 2, NFTA_SET_FIELD_LEN = 1;

    public const uint NFT_SET_ELEM_INTERVAL_END = 0x1;
    public const ushort NFTA_SET_ELEM_KEY = 1, NFTA_SET_ELEM_DATA = 2, NFTA_SET_ELEM_FLAGS = 3, NFTA_SET_ELEM_TIMEOUT = 4, NFTA_SET_ELEM_EXPIRATION = 5;
    public const ushort NFTA_SET_ELEM_USERDATA = 6, NFTA_SET_ELEM_EXPR = 7, NFTA_SET_ELEM_KEY_END = 10, NFTA_SET_ELEM_EXPRESSIONS = 11;
    public const ushort NFTA_SET_ELEM_LIST_TABLE = 1, NFTA_SET_ELEM_LIST_SET = 2, NFTA_SET_ELEM_LIST_ELEMENTS = 3;

    public const uint NFT_DATA_VERDICT = 0xffffff00;
    public const ushort NFTA_DATA_VALUE = 1, NFTA_DATA_VERDICT = 2, NFTA_VERDICT_CODE = 1, NFTA_VERDICT_CHAIN = 2;

    public const ushort NFTA_EXPR_NAME = 1, NFTA_EXPR_DATA = 2;
    public const ushort NFTA_IMMEDIATE_DREG = 1, NFTA_IMMEDIATE_DATA = 2;
    public const ushort NFTA_BITWISE_SREG = 1, NFTA_BITWISE_DREG = 2, NFTA_BITWISE_LEN = 3, NFTA_BITWISE_MASK = 4, NFTA_BITWISE_XOR = 5, NFTA_BITWISE_OP = 6;
    public const ushort NFTA_CMP_SREG = 1, NFTA_CMP_OP = 2, NFTA_CMP_DATA = 3;
    public const ushort NFTA_RANGE_SREG = 1, NFTA_RANGE_OP = 2, NFTA_RANGE_FROM_DATA = 3, NFTA_RANGE_TO_DATA = 4;
    public const uint NFT_LOOKUP_F_INV = 1;
    public const ushort NFTA_LOOKUP_SET = 1, NFTA_LOOKUP_SREG = 2, NFTA_LOOKUP_DREG = 3, NFTA_LOOKUP_FLAGS = 5;
    public const ushort NFTA_DYNSET_SET_NAME = 1, NFTA_DYNSET_OP = 3, NFTA_DYNSET_SREG_KEY = 4, NFTA_DYNSET_SREG_DATA = 5, NFTA_DYNSET_TIMEOUT = 6, NFTA_DYNSET_FLAGS = 9;
    public const ushort NFTA_PAYLOAD_DREG = 1, NFTA_PAYLOAD_BASE = 2, NFTA_PAYLOAD_OFFSET = 3, NFTA_PAYLOAD_LEN = 4, NFTA_PAYLOAD_SREG = 5, NFTA_PAYLOAD_CSUM_TYPE = 6;
    public const ushort NFTA_META_DREG = 1, NFTA_META_KEY = 2, NFTA_META_SREG = 3;
    public const ushort NFTA_CT_DREG = 1, NFTA_CT_KEY = 2, NFTA_CT_DIRECTION = 3;
    public const ushort NFTA_COUNTER_BYTES = 1, NFTA_COUNTER_PACKETS = 2;
    public const ushort NFTA_REJECT_TYPE = 1, NFTA_REJECT_ICMP_CODE = 2;
    public const uint NFT_REJECT_ICMP_UNREACH = 0, NFT_REJECT_TCP_RST = 1, NFT_REJECT_ICMPX_UNREACH = 2;
    public const byte ICMP_PORT_UNREACH = 3, ICMPV6_PORT_UNREACH = 4;
    public const ushort NFTA_NAT_TYPE = 1, NFTA_NAT_FAMILY = 2, NFTA_NAT_REG_ADDR_MIN = 3, NFTA_NAT_REG_ADDR_MAX = 4;
    public const ushort NFTA_NAT_REG_PROTO_MIN = 5, NFTA_NAT_REG_PROTO_MAX = 6, NFTA_NAT_FLAGS = 7;
    public const uint NFT_NAT_SNAT = 0, NFT_NAT_DNAT = 1;
    public const ushort NFTA_MASQ_FLAGS = 1;
    public const uint NF_NAT_RANGE_MAP_IPS = 1, NF_NAT_RANGE_PROTO_SPECIFIED = 2, NF_NAT_RANGE_PROTO_RANDOM = 4, NF_NAT_RANGE_PROTO_RANDOM_FULLY = 16;
    public const ushort NFTA_GEN_ID = 1, NFTA_GEN_PROC_PID = 2, NFTA_GEN_PROC_NAME = 3;
    public const uint NFNLGRP_NFTABLES = 7;
    public const ushort NFTA_FIB_DREG = 1, NFTA_FIB_RESULT = 2, NFTA_FIB_FLAGS = 3;
    public const uint NFT_FIB_RESULT_ADDRTYPE = 3, NFTA_FIB_F_SADDR = 1, NFTA_FIB_F_DADDR = 2;
    public const ushort NFTA_NG_DREG = 1, NFTA_NG_MODULUS = 2, NFTA_NG_TYPE = 3, NFTA_NG_OFFSET = 4;
    public const uint NFT_NG_INCREMENTAL = 0, NFT_NG_RANDOM = 1;

    // User data is opaque to the kernel; these are nft's own types (libnftnl udata.h): type, length, value, each a byte but the value.
    public const byte NFTNL_UDATA_TABLE_COMMENT = 0, NFTNL_UDATA_CHAIN_COMMENT = 0, NFTNL_UDATA_RULE_COMMENT = 0, NFTNL_UDATA_SET_ELEM_COMMENT = 0;
    public const byte NFTNL_UDATA_SET_KEYBYTEORDER = 0, NFTNL_UDATA_SET_DATABYTEORDER = 1, NFTNL_UDATA_SET_COMMENT = 7;
    public const byte BYTEORDER_HOST_ENDIAN = 1;
}
