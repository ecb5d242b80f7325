namespace Viaduct.Linux.Native;

/// <summary>Constants of linux/netfilter/nfnetlink_conntrack.h, in the kernel's spelling.</summary>
public static class ConntrackConstants
{
    public const ushort IPCTNL_MSG_CT_NEW = 0, IPCTNL_MSG_CT_GET = 1, IPCTNL_MSG_CT_DELETE = 2;

    public const ushort CTA_TUPLE_ORIG = 1, CTA_TUPLE_REPLY = 2, CTA_STATUS = 3, CTA_PROTOINFO = 4, CTA_ID = 12, CTA_FILTER = 25;
    public const ushort CTA_TUPLE_IP = 1, CTA_TUPLE_PROTO = 2;
    public const ushort CTA_IP_V4_SRC = 1, CTA_IP_V4_DST = 2, CTA_IP_V6_SRC = 3, CTA_IP_V6_DST = 4;
    public const ushort CTA_PROTO_NUM = 1, CTA_PROTO_SRC_PORT = 2, CTA_PROTO_DST_PORT = 3;
    public const ushort CTA_PROTOINFO_TCP = 1, CTA_PROTOINFO_TCP_STATE = 1;
    public const ushort CTA_FILTER_ORIG_FLAGS = 1, CTA_FILTER_REPLY_FLAGS = 2;

    // nf_internals.h: which parts of a tuple a filter compares.
    public const uint CTA_FILTER_F_CTA_IP_SRC = 1 << 0, CTA_FILTER_F_CTA_IP_DST = 1 << 1, CTA_FILTER_F_CTA_PROTO_NUM = 1 << 3;
    public const uint CTA_FILTER_F_CTA_PROTO_SRC_PORT = 1 << 4, CTA_FILTER_F_CTA_PROTO_DST_PORT = 1 << 5;

    public const byte NFPROTO_IPV4 = 2, NFPROTO_IPV6 = 10;
}
