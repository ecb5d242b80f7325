namespace Viaduct.Linux.Nftables;

/// <summary>A committed change that an <see cref="NftMonitor"/> heard of.</summary>
public sealed record NftTransaction
{
    /// <summary>Stands for transactions that nobody knows more of.</summary>
    public static NftTransaction Lost { get; } = new() { IsLost = true };

    /// <summary>Messages were lost: look at everything anew. All else is empty then.</summary>
    public bool IsLost { get; init; }

    /// <summary>The generation that it made, see <see cref="NftClient.GetGeneration"/>.</summary>
    public uint Generation { get; init; }

    /// <summary>The netlink port of who made it: equal to <see cref="NftClient.PortId"/> if that client did.</summary>
    public uint PortId { get; init; }

    /// <summary>The process that made it, as numbered in the first pid namespace.</summary>
    public int ProcessId { get; init; }

    /// <summary>That process's name.</summary>
    public string ProcessName { get; init; } = "";

    /// <summary>The tables that it touched.</summary>
    public IReadOnlySet<NftTable> Tables { get; init; } = new HashSet<NftTable>();
}
