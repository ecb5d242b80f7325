namespace Viaduct.Linux.Ipvs;

/// <summary>A virtual service to be made. Clients that connect to it are led to one of its destinations.</summary>
public sealed record VirtualServiceSpec
{
    /// <summary>What it answers to.</summary>
    public required VirtualServiceKey Key { get; init; }

    /// <summary>How a destination is chosen: rr, wrr, lc, wlc, sh and so on; the module <c>ip_vs_NAME</c> has it.</summary>
    public required string Scheduler { get; init; }

    /// <summary>For how many seconds a client comes back to the same destination; null: every connection is scheduled. Like <c>ipvsadm -p</c>.</summary>
    public uint? PersistenceSeconds { get; init; }

    /// <summary>How many leading bits of a client's address make it the same client; null is all. Like <c>ipvsadm -M</c>.</summary>
    public byte? PersistencePrefix { get; init; }

    /// <summary>Flags of the scheduler and one-packet scheduling.</summary>
    public VirtualServiceFlags Flags { get; init; }

    internal byte Prefix => PersistencePrefix ?? (Key.Family == System.Net.Sockets.AddressFamily.InterNetworkV6 ? (byte)128 : (byte)32);
}

/// <summary>Flags of a virtual service (IP_VS_SVC_F_*). Like <c>ipvsadm -b</c> and <c>-o</c>.</summary>
[Flags]
public enum VirtualServiceFlags : uint
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Each datagram is scheduled for itself (UDP).</summary>
    OnePacket = 0x4,

    /// <summary>sh-fallback and mh-fallback: the next destination if the chosen one takes no connections.</summary>
    SourceHashFallback = 0x8,

    /// <summary>sh-port and mh-port: the client's port counts, too.</summary>
    SourceHashPort = 0x10,

    /// <summary>A scheduler's third flag.</summary>
    Scheduler3 = 0x20,
}

/// <summary>A virtual service as the kernel has it.</summary>
public sealed record VirtualServiceInfo
{
    /// <summary>What it answers to.</summary>
    public required VirtualServiceKey Key { get; init; }

    /// <summary>How a destination is chosen; null for none (Linux 4.3 and later allow that).</summary>
    public string? Scheduler { get; init; }

    /// <summary>For how many seconds a client comes back to the same destination; null without persistence.</summary>
    public uint? PersistenceSeconds { get; init; }

    /// <summary>How many leading bits of a client's address count.</summary>
    public byte PersistencePrefix { get; init; }

    /// <summary>Flags without those that the kernel sets itself.</summary>
    public VirtualServiceFlags Flags { get; init; }

    /// <summary>Whether it is what the spec says.</summary>
    public bool Is(VirtualServiceSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return Key == spec.Key && Scheduler == spec.Scheduler && PersistenceSeconds == spec.PersistenceSeconds && PersistencePrefix == spec.Prefix && Flags == spec.Flags;
    }
}
