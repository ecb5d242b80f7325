using System.Runtime.InteropServices;
using Viaduct.Linux.Native;
using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.NetlinkConstants;
using static Viaduct.Linux.Native.RouteConstants;

namespace Viaduct.Linux.Route;

/// <summary>RTM_*NEIGH messages of the family AF_BRIDGE, for the bridge that a port belongs to (NTF_MASTER): br_fdb_add, fdb_fill_info.</summary>
internal static class BridgeFdbWire
{
    public static NlWriter AddStatic(int portIndex, MacAddress linkAddress)
    {
        var w = new NlWriter();
        w.BeginMessage(RTM_NEWNEIGH, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
        w.AddHeader(new ndmsg { ndm_family = Libc.AF_BRIDGE, ndm_ifindex = portIndex, ndm_state = NUD_NOARP, ndm_flags = NTF_MASTER });
        w.AddAttribute(NDA_LLADDR, linkAddress.ToBytes());
        w.EndMessage();
        return w;
    }

    // With strict checking the kernel filters by the attribute NDA_MASTER (valid_fdb_dump_strict).
    public static NlWriter List(int bridgeIndex)
    {
        var w = new NlWriter();
        w.BeginMessage(RTM_GETNEIGH, NLM_F_REQUEST | NLM_F_DUMP);
        w.AddHeader(new ndmsg { ndm_family = Libc.AF_BRIDGE });
        w.AddAttribute(NDA_MASTER, bridgeIndex);
        w.EndMessage();
        return w;
    }

    /// <summary>Null for what is in no bridge's table, such as the multicast addresses that a device listens to.</summary>
    public static BridgeFdbEntry? Read(NlMessage message)
    {
        if (message.Type != RTM_NEWNEIGH)
            return null;
        var header = message.Header<ndmsg>();
        var isOfBridge = false;
        MacAddress? linkAddress = null;
        foreach (var attribute in message.Attributes(Marshal.SizeOf<ndmsg>()))
        {
            if (attribute.Type == NDA_LLADDR && attribute.Value.Length == 6)
                linkAddress = MacAddress.FromBytes(attribute.Value);
            isOfBridge |= attribute.Type == NDA_MASTER;
        }

        return isOfBridge && linkAddress is { } mac ? new BridgeFdbEntry(header.ndm_ifindex, mac, Kind(header.ndm_state)) : null;
    }

    private static BridgeFdbKind Kind(ushort state) =>
        (state & NUD_PERMANENT) != 0 ? BridgeFdbKind.Local : (state & NUD_NOARP) != 0 ? BridgeFdbKind.Static : BridgeFdbKind.Learned;
}
