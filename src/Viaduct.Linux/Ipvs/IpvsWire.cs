using System.Net;
using System.Net.Sockets;
using System.Numerics;
using System.Runtime.InteropServices;
using Viaduct.Linux.Native;
using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.GenericNetlinkConstants;
using static Viaduct.Linux.Native.IpvsConstants;
using static Viaduct.Linux.Native.NetlinkConstants;

namespace Viaduct.Linux.Ipvs;

/// <summary>
/// Messages of the generic netlink family IPVS (net/netfilter/ipvs/ip_vs_ctl.c): struct genlmsghdr, then IPVS_CMD_ATTR_SERVICE { IPVS_SVC_ATTR_* }
/// and IPVS_CMD_ATTR_DEST { IPVS_DEST_ATTR_* }. Addresses are a union nf_inet_addr of 16 bytes; ports are in network order, all else in the host's.
/// </summary>
internal static class IpvsWire
{
    public static void Write(ref NlWriter w, ushort family, IpvsCommand command, bool acknowledged)
    {
        GenericNetlink.BeginMessage(ref w, family, NLM_F_REQUEST | (acknowledged ? NLM_F_ACK : 0), command.Command, IPVS_GENL_VERSION);
        AddService(ref w, command.Service, command.Spec);
        if (command.Destination is { } destination)
            AddDestination(ref w, destination, isWhole: command.Command != IPVS_CMD_DEL_DEST);
        w.EndMessage();
    }

    public static NlWriter Get(ushort family, byte command, int flags, VirtualServiceKey? service = null)
    {
        var w = new NlWriter(256);
        GenericNetlink.BeginMessage(ref w, family, NLM_F_REQUEST | flags, command, IPVS_GENL_VERSION);
        if (service is { } key)
            AddService(ref w, key, null);
        w.EndMessage();
        return w;
    }

    public static NlWriter SetTimeouts(ushort family, IpvsTimeouts timeouts)
    {
        var w = new NlWriter(128);
        GenericNetlink.BeginMessage(ref w, family, NLM_F_REQUEST | NLM_F_ACK, IPVS_CMD_SET_CONFIG, IPVS_GENL_VERSION);
        w.AddAttribute(IPVS_CMD_ATTR_TIMEOUT_TCP, timeouts.Tcp);
        w.AddAttribute(IPVS_CMD_ATTR_TIMEOUT_TCP_FIN, timeouts.TcpFin);
        w.AddAttribute(IPVS_CMD_ATTR_TIMEOUT_UDP, timeouts.Udp);
        w.EndMessage();
        return w;
    }

    public static VirtualServiceInfo? ReadService(NlMessage message)
    {
        foreach (var attribute in message.Attributes(GENL_HDRLEN))
        {
            if (attribute.Type == IPVS_CMD_ATTR_SERVICE)
                return ReadService(attribute.Nested());
        }

        return null;
    }

    /// <param name="message">The message.</param>
    /// <param name="family">The family of the service, for kernels older than 3.18, which do not tell that of the destination.</param>
    public static DestinationInfo? ReadDestination(NlMessage message, AddressFamily family)
    {
        foreach (var attribute in message.Attributes(GENL_HDRLEN))
        {
            if (attribute.Type == IPVS_CMD_ATTR_DEST)
                return ReadDestination(attribute.Nested(), family);
        }

        return null;
    }

    public static IpvsTimeouts? ReadTimeouts(NlMessage message)
    {
        var timeouts = default(IpvsTimeouts);
        foreach (var attribute in message.Attributes(GENL_HDRLEN))
        {
            timeouts = attribute.Type switch
            {
                IPVS_CMD_ATTR_TIMEOUT_TCP => timeouts with { Tcp = attribute.AsUInt32() },
                IPVS_CMD_ATTR_TIMEOUT_TCP_FIN => timeouts with { TcpFin = attribute.AsUInt32() },
                IPVS_CMD_ATTR_TIMEOUT_UDP => timeouts with { Udp = attribute.AsUInt32() },
                _ => timeouts,
            };
        }

        return timeouts;
    }

    public static IpvsInfo? ReadInfo(NlMessage message)
    {
        uint version = 0, size = 0;
        foreach (var attribute in message.Attributes(GENL_HDRLEN))
        {
            if (attribute.Type == IPVS_INFO_ATTR_VERSION)
                version = attribute.AsUInt32();
            else if (attribute.Type == IPVS_INFO_ATTR_CONN_TAB_SIZE)
                size = attribute.AsUInt32();
        }

        // NVERSION: a byte each.
        return new IpvsInfo(new Version((int)(version >> 16), (int)(version >> 8 & 0xff), (int)(version & 0xff)), size);
    }

    // Enough to find a service: IPVS_SVC_ATTR_AF, and FWMARK or PROTOCOL, ADDR and PORT; SCHED_NAME, FLAGS, TIMEOUT and NETMASK make it whole.
    private static void AddService(ref NlWriter w, VirtualServiceKey key, VirtualServiceSpec? spec)
    {
        var nested = w.BeginNested(IPVS_CMD_ATTR_SERVICE);
        w.AddAttribute(IPVS_SVC_ATTR_AF, (ushort)(key.Family == AddressFamily.InterNetworkV6 ? Libc.AF_INET6 : Libc.AF_INET));
        if (key.Address is { } address)
        {
            w.AddAttribute(IPVS_SVC_ATTR_PROTOCOL, (ushort)key.Protocol);
            AddAddress(ref w, IPVS_SVC_ATTR_ADDR, address);
            w.AddAttributeBigEndian(IPVS_SVC_ATTR_PORT, key.Port);
        }
        else
        {
            w.AddAttribute(IPVS_SVC_ATTR_FWMARK, key.FirewallMark);
        }

        if (spec is not null)
            AddProperties(ref w, spec);
        w.EndNested(nested);
    }

    private static void AddProperties(ref NlWriter w, VirtualServiceSpec spec)
    {
        w.AddAttribute(IPVS_SVC_ATTR_SCHED_NAME, spec.Scheduler);
        // struct ip_vs_flags { u32 flags; u32 mask; }
        Span<byte> flags = stackalloc byte[8];
        MemoryMarshal.Write(flags, (uint)spec.Flags | (spec.PersistenceSeconds is null ? 0 : IP_VS_SVC_F_PERSISTENT));
        MemoryMarshal.Write(flags[4..], uint.MaxValue);
        w.AddAttribute(IPVS_SVC_ATTR_FLAGS, flags);
        w.AddAttribute(IPVS_SVC_ATTR_TIMEOUT, spec.PersistenceSeconds ?? 0);
        // A mask for IPv4, a length for IPv6.
        if (spec.Key.Family == AddressFamily.InterNetworkV6)
            w.AddAttribute(IPVS_SVC_ATTR_NETMASK, (uint)spec.Prefix);
        else
            w.AddAttributeBigEndian(IPVS_SVC_ATTR_NETMASK, spec.Prefix == 0 ? 0u : uint.MaxValue << (32 - spec.Prefix));
    }

    private static void AddDestination(ref NlWriter w, DestinationSpec destination, bool isWhole)
    {
        var nested = w.BeginNested(IPVS_CMD_ATTR_DEST);
        AddAddress(ref w, IPVS_DEST_ATTR_ADDR, destination.Address);
        w.AddAttributeBigEndian(IPVS_DEST_ATTR_PORT, destination.Port);
        w.AddAttribute(IPVS_DEST_ATTR_ADDR_FAMILY, (ushort)(destination.Address.AddressFamily == AddressFamily.InterNetworkV6 ? Libc.AF_INET6 : Libc.AF_INET));
        if (isWhole)
        {
            w.AddAttribute(IPVS_DEST_ATTR_FWD_METHOD, (uint)destination.Forwarding);
            w.AddAttribute(IPVS_DEST_ATTR_WEIGHT, destination.Weight);
            w.AddAttribute(IPVS_DEST_ATTR_U_THRESH, 0u);
            w.AddAttribute(IPVS_DEST_ATTR_L_THRESH, 0u);
        }

        w.EndNested(nested);
    }

    private static void AddAddress(ref NlWriter w, ushort type, IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        address.TryWriteBytes(bytes, out _);
        w.AddAttribute(type, bytes);
    }

    private static VirtualServiceInfo ReadService(NlAttributes attributes)
    {
        var parts = new ServiceParts();
        foreach (var attribute in attributes)
            parts.Take(attribute);
        return parts.ToInfo();
    }

    private static DestinationInfo ReadDestination(NlAttributes attributes, AddressFamily family)
    {
        ReadOnlySpan<byte> address = default;
        ushort port = 0;
        uint weight = 0, method = 0, active = 0, inactive = 0, persistent = 0;
        foreach (var attribute in attributes)
        {
            switch (attribute.Type)
            {
                case IPVS_DEST_ATTR_ADDR: address = attribute.Value; break;
                case IPVS_DEST_ATTR_PORT: port = attribute.AsUInt16BigEndian(); break;
                case IPVS_DEST_ATTR_ADDR_FAMILY: family = FamilyOf(attribute.AsUInt16()); break;
                case IPVS_DEST_ATTR_WEIGHT: weight = attribute.AsUInt32(); break;
                case IPVS_DEST_ATTR_FWD_METHOD: method = attribute.AsUInt32(); break;
                case IPVS_DEST_ATTR_ACTIVE_CONNS: active = attribute.AsUInt32(); break;
                case IPVS_DEST_ATTR_INACT_CONNS: inactive = attribute.AsUInt32(); break;
                case IPVS_DEST_ATTR_PERSIST_CONNS: persistent = attribute.AsUInt32(); break;
            }
        }

        return new DestinationInfo
        {
            Address = ReadAddress(address, family),
            Port = port,
            Weight = (int)weight,
            Forwarding = (ForwardingMethod)(method & IP_VS_CONN_F_FWD_MASK),
            ActiveConnections = active,
            InactiveConnections = inactive,
            PersistentConnections = persistent,
        };
    }

    private static AddressFamily FamilyOf(ushort family) => family == Libc.AF_INET6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;

    private static IPAddress ReadAddress(ReadOnlySpan<byte> union, AddressFamily family)
    {
        var length = family == AddressFamily.InterNetworkV6 ? 16 : 4;
        if (union.Length < length)
            NetlinkException.ThrowMalformed($"an address of IPVS has {union.Length} bytes, {length} are needed");
        return new IPAddress(union[..length]);
    }

    private ref struct ServiceParts
    {
        private AddressFamily family;
        private ReadOnlySpan<byte> address;
        private byte protocol;
        private ushort port;
        private uint mark, flags, timeout, netmask;
        private string? scheduler;

        public void Take(NlAttribute attribute)
        {
            switch (attribute.Type)
            {
                case IPVS_SVC_ATTR_AF: family = FamilyOf(attribute.AsUInt16()); break;
                case IPVS_SVC_ATTR_PROTOCOL: protocol = (byte)attribute.AsUInt16(); break;
                case IPVS_SVC_ATTR_ADDR: address = attribute.Value; break;
                case IPVS_SVC_ATTR_PORT: port = attribute.AsUInt16BigEndian(); break;
                case IPVS_SVC_ATTR_FWMARK: mark = attribute.AsUInt32(); break;
                case IPVS_SVC_ATTR_SCHED_NAME: scheduler = attribute.AsString(); break;
                case IPVS_SVC_ATTR_FLAGS: flags = attribute.AsUInt32(); break;
                case IPVS_SVC_ATTR_TIMEOUT: timeout = attribute.AsUInt32(); break;
                case IPVS_SVC_ATTR_NETMASK: netmask = attribute.AsUInt32(); break;
            }
        }

        public readonly VirtualServiceInfo ToInfo() => new()
        {
            Key = mark != 0 ? VirtualServiceKey.Marked(family, mark) : VirtualServiceKey.On(protocol, ReadAddress(address, family), port),
            Scheduler = string.IsNullOrEmpty(scheduler) || scheduler == "none" ? null : scheduler,
            PersistenceSeconds = (flags & IP_VS_SVC_F_PERSISTENT) != 0 ? timeout : null,
            PersistencePrefix = family == AddressFamily.InterNetworkV6 ? (byte)netmask : (byte)BitOperations.PopCount(netmask),
            Flags = (VirtualServiceFlags)(flags & ~(IP_VS_SVC_F_PERSISTENT | IP_VS_SVC_F_HASHED)),
        };
    }
}
