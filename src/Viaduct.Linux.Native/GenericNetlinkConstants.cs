namespace Viaduct.Linux.Native;

/// <summary>Constants of linux/genetlink.h, in the kernel's spelling.</summary>
public static class GenericNetlinkConstants
{
    /// <summary>sizeof(struct genlmsghdr).</summary>
    public const int GENL_HDRLEN = 4;

    public const ushort GENL_ID_CTRL = 16;
    public const byte CTRL_CMD_GETFAMILY = 3;
    public const ushort CTRL_ATTR_FAMILY_ID = 1, CTRL_ATTR_FAMILY_NAME = 2;
}
