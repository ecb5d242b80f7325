using System.Net;
using System.Net.Sockets;
using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.RouteConstants;

namespace Viaduct.Linux.Route;

/// <summary>The IFLA_INFO_DATA of a VXLAN tunnel: IFLA_VXLAN_* attributes (vxlan_nl2conf).</summary>
internal static class VxlanWire
{
    public static void Write(ref NlWriter w, VxlanSpec spec)
    {
        var data = w.BeginNested(IFLA_INFO_DATA);
        w.AddAttribute(IFLA_VXLAN_ID, spec.Id);
        w.AddAttribute(spec.Local.AddressFamily == AddressFamily.InterNetworkV6 ? IFLA_VXLAN_LOCAL6 : IFLA_VXLAN_LOCAL, spec.Local.GetAddressBytes());
        w.AddAttribute(IFLA_VXLAN_LINK, spec.UnderlayIndex);
        w.AddAttribute(IFLA_VXLAN_LEARNING, (byte)0);
        w.AddAttributeBigEndian(IFLA_VXLAN_PORT, (ushort)spec.Port);
        w.AddAttribute(IFLA_VXLAN_UDP_CSUM, spec.OuterChecksum ? (byte)1 : (byte)0);
        w.AddAttribute(IFLA_VXLAN_UDP_ZERO_CSUM6_TX, spec.OuterChecksum ? (byte)0 : (byte)1);
        w.AddAttribute(IFLA_VXLAN_UDP_ZERO_CSUM6_RX, spec.OuterChecksum ? (byte)0 : (byte)1);
        w.EndNested(data);
    }

    public static VxlanInfo Read(NlAttributes attributes)
    {
        var info = new VxlanInfo(0, 0, null, 0, false, false);
        foreach (var attribute in attributes)
        {
            info = attribute.Type switch
            {
                IFLA_VXLAN_ID => info with { Id = attribute.AsInt32() },
                IFLA_VXLAN_PORT => info with { Port = attribute.AsUInt16BigEndian() },
                IFLA_VXLAN_LINK => info with { UnderlayIndex = attribute.AsInt32() },
                IFLA_VXLAN_LEARNING => info with { Learning = attribute.AsByte() != 0 },
                IFLA_VXLAN_UDP_CSUM => info with { OuterChecksum = info.OuterChecksum || attribute.AsByte() != 0 },
                IFLA_VXLAN_UDP_ZERO_CSUM6_TX => info with { OuterChecksum = info.OuterChecksum || attribute.AsByte() == 0 },
                IFLA_VXLAN_LOCAL when attribute.Value.Length == 4 => info with { Local = new IPAddress(attribute.Value) },
                IFLA_VXLAN_LOCAL6 when attribute.Value.Length == 16 => info with { Local = new IPAddress(attribute.Value) },
                _ => info,
            };
        }
        return info;
    }
}
