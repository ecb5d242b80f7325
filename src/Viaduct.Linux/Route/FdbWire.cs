using System.Net;
using System.Runtime.InteropServices;
using Viaduct.Linux.Native;
using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.NetlinkConstants;
using static Viaduct.Linux.Native.RouteConstants;

namespace Viaduct.Linux.Route;

/// <summary>RTM_*NEIGH messages of the family AF_BRIDGE, for the device itself (NTF_SELF): the forwarding table of a tunnel (vxlan_fdb_add).</summary>
internal static class FdbWire
{
    public static NlWriter Replace(FdbEntry entry) => Write(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, entry);

    public static NlWriter Delete(FdbEntry entry) => Write(RTM_DELNEIGH, 0, entry);

    // With strict checking the kernel filters by the header's ndm_ifindex (valid_fdb_dump_strict).
    public static NlWriter List(int linkIndex)
    {
        var w = new NlWriter();
        w.BeginMessage(RTM_GETNEIGH, NLM_F_REQUEST | NLM_F_DUMP);
        w.AddHeader(new ndmsg { ndm_family = Libc.AF_BRIDGE, ndm_ifindex = linkIndex });
        w.EndMessage();
        return w;
    }

    public static FdbEntry? Read(NlMessage message) => message.Type == RTM_NEWNEIGH ? ReadEntry(message) : null;

    /// <summary>The entry of a message of any type; null when it is none of a tunnel.</summary>
    public static FdbEntry? ReadEntry(NlMessage message)
    {
        var header = message.Header<ndmsg>();
        IPAddress? destination = null;
        MacAddress? linkAddress = null;
        foreach (var attribute in message.Attributes(Marshal.SizeOf<ndmsg>()))
        {
            if (attribute.Type == NDA_DST && attribute.Value.Length is 4 or 16)
                destination = new IPAddress(attribute.Value);
            else if (attribute.Type == NDA_LLADDR && attribute.Value.Length == 6)
                linkAddress = MacAddress.FromBytes(attribute.Value);
        }
        return header.ndm_family == Libc.AF_BRIDGE && destination is not null && linkAddress is { } mac ? new FdbEntry(header.ndm_ifindex, mac, destination) : null;
    }

    private static NlWriter Write(ushort type, int flags, FdbEntry entry)
    {
        var w = new NlWriter();
        w.BeginMessage(type, (ushort)(NLM_F_REQUEST | NLM_F_ACK | flags));
        w.AddHeader(new ndmsg { ndm_family = Libc.AF_BRIDGE, ndm_ifindex = entry.LinkIndex, ndm_state = NUD_PERMANENT | NUD_NOARP, ndm_flags = NTF_SELF });
        w.AddAttribute(NDA_DST, entry.Destination.GetAddressBytes());
        w.AddAttribute(NDA_LLADDR, entry.LinkAddress.ToBytes());
        w.EndMessage();
        return w;
    }
}
