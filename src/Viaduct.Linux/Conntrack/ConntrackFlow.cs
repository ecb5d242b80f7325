using System.Net;

namespace Viaduct.Linux.Conntrack;

/// <summary>One direction of a tracked flow.</summary>
/// <param name="Protocol">The IP protocol number.</param>
/// <param name="Source">Who sends.</param>
/// <param name="Destination">To whom; port 0 for protocols without ports.</param>
public sealed record ConntrackTuple(byte Protocol, IPEndPoint Source, IPEndPoint Destination)
{
    /// <inheritdoc/>
    public override string ToString() => $"protocol {Protocol} {Source} -> {Destination}";
}

/// <summary>A flow that the kernel tracks.</summary>
/// <param name="Original">As its first packet came, before any translation.</param>
/// <param name="Reply">As its answers come: the source is where the packets really go.</param>
/// <param name="Id">The kernel's number for it.</param>
public sealed record ConntrackFlow(ConntrackTuple Original, ConntrackTuple Reply, uint Id)
{
    /// <summary>Whether its destination was translated.</summary>
    public bool HasDestinationNat => !Reply.Source.Equals(Original.Destination);
}
