using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Viaduct.Linux.Native;
using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.NetlinkConstants;
using static Viaduct.Linux.Native.RouteConstants;

namespace Viaduct.Linux.Route;

/// <summary>RTM_*ADDR messages: struct ifaddrmsg, then IFA_* attributes.</summary>
internal static class AddressWire
{
    public static NlWriter Add(AddressSpec spec) => Write([spec], isAddition: true);

    public static NlWriter Delete(AddressSpec spec) => Write([spec], isAddition: false);

    // Only the last is to be acknowledged: the kernel works through them in order and tells of every error (netlink_rcv_skb).
    public static NlWriter Write(scoped ReadOnlySpan<AddressSpec> specs, bool isAddition)
    {
        var w = new NlWriter(64 * specs.Length);
        for (var i = 0; i < specs.Length; i++)
        {
            var acknowledgement = i == specs.Length - 1 ? NLM_F_ACK : 0;
            Write(ref w, isAddition ? RTM_NEWADDR : RTM_DELADDR, acknowledgement | (isAddition ? NLM_F_CREATE | NLM_F_EXCL : 0), specs[i]);
        }

        return w;
    }

    public static NlWriter List(int? linkIndex)
    {
        var w = new NlWriter();
        w.BeginMessage(RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP);
        w.AddHeader(new ifaddrmsg { ifa_index = (uint)(linkIndex ?? 0) });
        w.EndMessage();
        return w;
    }

    public static AddressInfo? Read(NlMessage message) => message.Type == RTM_NEWADDR ? ReadAddress(message) : null;

    /// <summary>The address of a message of any type.</summary>
    public static AddressInfo? ReadAddress(NlMessage message)
    {
        var header = message.Header<ifaddrmsg>();
        IPAddress? local = null, address = null;
        foreach (var attribute in message.Attributes(Marshal.SizeOf<ifaddrmsg>()))
        {
            if (attribute.Type == IFA_LOCAL)
                local = Family.ReadAddress(attribute, header.ifa_family);
            else if (attribute.Type == IFA_ADDRESS)
                address = Family.ReadAddress(attribute, header.ifa_family);
        }
        // IFA_ADDRESS is the peer's on a point-to-point link, the own one otherwise; IPv6 has IFA_LOCAL only with a peer.
        return (local ?? address) is { } found
            ? new AddressInfo { LinkIndex = (int)header.ifa_index, Address = found, PrefixLength = header.ifa_prefixlen }
            : null;
    }

    private static void Write(ref NlWriter w, ushort type, int flags, AddressSpec spec)
    {
        w.BeginMessage(type, (ushort)(NLM_F_REQUEST | flags));
        w.AddHeader(new ifaddrmsg
        {
            ifa_family = Family.Of(spec.Address),
            ifa_prefixlen = (byte)spec.PrefixLength,
            ifa_flags = spec.SkipsDuplicateDetection ? IFA_F_NODAD : (byte)0,
            ifa_scope = spec.IsNoSource ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE,
            ifa_index = (uint)spec.LinkIndex,
        });
        var bytes = spec.Address.GetAddressBytes();
        w.AddAttribute(IFA_LOCAL, bytes);
        w.AddAttribute(IFA_ADDRESS, bytes);
        if (spec.IsNoSource && spec.Address.AddressFamily == AddressFamily.InterNetworkV6)
            WriteLifetimes(ref w, new ifa_cacheinfo { ifa_valid = uint.MaxValue });
        w.EndMessage();
    }

    private static void WriteLifetimes(ref NlWriter w, in ifa_cacheinfo lifetimes) => w.AddAttribute(IFA_CACHEINFO, MemoryMarshal.AsBytes(new ReadOnlySpan<ifa_cacheinfo>(in lifetimes)));
}

/// <summary>Address families on the wire.</summary>
internal static class Family
{
    public static byte Of(IPAddress address) => address.AddressFamily switch
    {
        AddressFamily.InterNetwork => Libc.AF_INET,
        AddressFamily.InterNetworkV6 => Libc.AF_INET6,
        _ => throw new ArgumentException($"{address} is neither an IPv4 nor an IPv6 address.", nameof(address)),
    };

    public static IPAddress? ReadAddress(NlAttribute attribute, byte family) => (family, attribute.Value.Length) switch
    {
        (Libc.AF_INET, 4) or (Libc.AF_INET6, 16) => new IPAddress(attribute.Value),
        _ => null,
    };

    public static IPAddress Any(byte family) => family == Libc.AF_INET6 ? IPAddress.IPv6Any : IPAddress.Any;
}
