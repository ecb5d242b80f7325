namespace Viaduct.Linux.Native;

/// <summary>Constants of linux/ip_vs.h, in the kernel's spelling.</summary>
public static class IpvsConstants
{
    public const string IPVS_GENL_NAME = "IPVS";
    public const byte IPVS_GENL_VERSION = 1;

    public const byte IPVS_CMD_NEW_SERVICE = 1, IPVS_CMD_SET_SERVICE = 2, IPVS_CMD_DEL_SERVICE = 3, IPVS_CMD_GET_SERVICE = 4;
    public const byte IPVS_CMD_NEW_DEST = 5, IPVS_CMD_SET_DEST = 6, IPVS_CMD_DEL_DEST = 7, IPVS_CMD_GET_DEST = 8;
    public const byte IPVS_CMD_SET_CONFIG = 12, IPVS_CMD_GET_CONFIG = 13, IPVS_CMD_GET_INFO = 15, IPVS_CMD_FLUSH = 17;

    public const ushort IPVS_CMD_ATTR_SERVICE = 1, IPVS_CMD_ATTR_DEST = 2;
    public const ushort IPVS_CMD_ATTR_TIMEOUT_TCP = 4, IPVS_CMD_ATTR_TIMEOUT_TCP_FIN = 5, IPVS_CMD_ATTR_TIMEOUT_UDP = 6;

    public const ushort IPVS_SVC_ATTR_AF = 1, IPVS_SVC_ATTR_PROTOCOL = 2, IPVS_SVC_ATTR_ADDR = 3, IPVS_SVC_ATTR_PORT = 4, IPVS_SVC_ATTR_FWMARK = 5;
    public const ushort IPVS_SVC_ATTR_SCHED_NAME = 6, IPVS_SVC_ATTR_FLAGS = 7, IPVS_SVC_ATTR_TIMEOUT = 8, IPVS_SVC_ATTR_NETMASK = 9;

    public const ushort IPVS_DEST_ATTR_ADDR = 1, IPVS_DEST_ATTR_PORT = 2, IPVS_DEST_ATTR_FWD_METHOD = 3, IPVS_DEST_ATTR_WEIGHT = 4;
    public const ushort IPVS_DEST_ATTR_U_THRESH = 5, IPVS_DEST_ATTR_L_THRESH = 6, IPVS_DEST_ATTR_ACTIVE_CONNS = 7, IPVS_DEST_ATTR_INACT_CONNS = 8;
    public const ushort IPVS_DEST_ATTR_PERSIST_CONNS = 9, IPVS_DEST_ATTR_ADDR_FAMILY = 11;

    public const ushort IPVS_INFO_ATTR_VERSION = 1, IPVS_INFO_ATTR_CONN_TAB_SIZE = 2;

    public const uint IP_VS_SVC_F_PERSISTENT = 0x1, IP_VS_SVC_F_HASHED = 0x2, IP_VS_SVC_F_ONEPACKET = 0x4;
    public const uint IP_VS_SVC_F_SCHED1 = 0x8, IP_VS_SVC_F_SCHED2 = 0x10, IP_VS_SVC_F_SCHED3 = 0x20;
    public const uint IP_VS_CONN_F_FWD_MASK = 0x7;
}
