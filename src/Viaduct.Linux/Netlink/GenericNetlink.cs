using static Viaduct.Linux.Native.GenericNetlinkConstants;
using static Viaduct.Linux.Native.NetlinkConstants;

namespace Viaduct.Linux.Netlink;

/// <summary>What all families of NETLINK_GENERIC share: struct genlmsghdr { u8 cmd; u8 version; u16 reserved; } and numbers that are given to families at run time.</summary>
public static class GenericNetlink
{
    /// <summary>
    /// The message type of a family; the kernel loads its module if it knows one (genl_get_cmd, ctrl_getfamily). A missing one is a
    /// <see cref="NetlinkException"/> with IsNotFound. Like <c>genl ctrl get name FAMILY</c>.
    /// </summary>
    public static ushort ResolveFamily(NetlinkChannel channel, string name)
    {
        ArgumentNullException.ThrowIfNull(channel);
        var request = new NlWriter(128);
        BeginMessage(ref request, GENL_ID_CTRL, NLM_F_REQUEST | NLM_F_ACK, CTRL_CMD_GETFAMILY, version: 1);
        request.AddAttribute(CTRL_ATTR_FAMILY_NAME, name);
        request.EndMessage();
        var operation = $"looking for the generic netlink family {name}";
        var ids = channel.Request(ref request, operation, message => (ushort?)ReadFamilyId(message));
        return ids is [{ } id, ..] ? id : throw new NetlinkException(operation, Native.Errno.EPROTO, "the kernel answered without its number");
    }

    /// <summary>Begins a message of a family.</summary>
    internal static void BeginMessage(ref NlWriter writer, ushort family, int flags, byte command, byte version)
    {
        writer.BeginMessage(family, (ushort)flags);
        var header = writer.AddHeader(GENL_HDRLEN);
        header[0] = command;
        header[1] = version;
    }

    private static ushort ReadFamilyId(NlMessage message)
    {
        foreach (var attribute in message.Attributes(GENL_HDRLEN))
        {
            if (attribute.Type == CTRL_ATTR_FAMILY_ID)
                return attribute.AsUInt16();
        }

        return 0;
    }
}
