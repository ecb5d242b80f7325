using System.Runtime.InteropServices;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Native;
using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.NetlinkConstants;
using static Viaduct.Linux.Native.RouteConstants;

namespace Viaduct.Linux.Route;

/// <summary>RTM_GETNSID messages: struct rtgenmsg, then NETNSA_* attributes (net/core/net_namespace.c).</summary>
internal static class NamespaceIdWire
{
    public static NlWriter Get(NetNamespace ns)
    {
        var w = new NlWriter();
        w.BeginMessage(RTM_GETNSID, NLM_F_REQUEST | NLM_F_ACK);
        w.AddHeader(default(rtgenmsg));
        w.AddAttribute(NETNSA_FD, (int)ns.Handle.DangerousGetHandle());
        w.EndMessage();
        return w;
    }

    /// <summary>The number; NETNSA_NSID_NOT_ASSIGNED when the namespace has none here.</summary>
    public static int Read(NlMessage message)
    {
        foreach (var attribute in message.Attributes(Marshal.SizeOf<rtgenmsg>()))
        {
            if (attribute.Type == NETNSA_NSID)
                return attribute.AsInt32();
        }

        return NETNSA_NSID_NOT_ASSIGNED;
    }
}
