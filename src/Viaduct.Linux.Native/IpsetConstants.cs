namespace Viaduct.Linux.Native;

/// <summary>Constants of linux/netfilter/ipset/ip_set.h, in the kernel's spelling.</summary>
public static class IpsetConstants
{
    public const ushort NFNL_SUBSYS_IPSET = 6;
    public const byte IPSET_PROTOCOL = 7;

    public const ushort IPSET_CMD_CREATE = 2, IPSET_CMD_DESTROY = 3, IPSET_CMD_FLUSH = 4, IPSET_CMD_LIST = 7, IPSET_CMD_ADD = 9, IPSET_CMD_DEL = 10;
    public const ushort IPSET_CMD_TYPE = 13;

    public const ushort IPSET_ATTR_PROTOCOL = 1, IPSET_ATTR_SETNAME = 2, IPSET_ATTR_TYPENAME = 3, IPSET_ATTR_REVISION = 4, IPSET_ATTR_FAMILY = 5;
    public const ushort IPSET_ATTR_FLAGS = 6, IPSET_ATTR_DATA = 7, IPSET_ATTR_ADT = 8, IPSET_ATTR_LINENO = 9;

    // Inside IPSET_ATTR_DATA.
    public const ushort IPSET_ATTR_IP = 1, IPSET_ATTR_CIDR = 3, IPSET_ATTR_PORT = 4, IPSET_ATTR_PROTO = 7, IPSET_ATTR_CADT_FLAGS = 8;
    public const ushort IPSET_ATTR_HASHSIZE = 18, IPSET_ATTR_MAXELEM = 19;
    public const ushort IPSET_ATTR_IP2 = 20, IPSET_ATTR_CIDR2 = 21, IPSET_ATTR_ELEMENTS = 24, IPSET_ATTR_SKBMARK = 27;

    public const ushort IPSET_ATTR_IPADDR_IPV4 = 1, IPSET_ATTR_IPADDR_IPV6 = 2;

    public const uint IPSET_FLAG_LIST_HEADER = 1 << 2, IPSET_FLAG_WITH_SKBINFO = 1 << 6;

    public const int IPSET_ERR_PRIVATE = 4096, IPSET_ERR_FIND_TYPE = 4098, IPSET_ERR_BUSY = 4100, IPSET_ERR_TYPE_MISMATCH = 4102, IPSET_ERR_EXIST = 4103;
    public const int IPSET_ERR_REFERENCED = 4108, IPSET_ERR_SKBINFO = 4114, IPSET_ERR_HASH_FULL = 4352;
}
