using System.Net;

namespace Viaduct.Linux.Conntrack;

/// <summary>One direction of a tracked flow as spans: addresses of 4 or 16 bytes in network order.</summary>
public readonly ref struct ConntrackTupleView
{
    /// <summary>The IP protocol number.</summary>
    public byte Protocol { get; init; }

    /// <summary>Who sends.</summary>
    public ReadOnlySpan<byte> Source { get; init; }

    /// <summary>To whom.</summary>
    public ReadOnlySpan<byte> Destination { get; init; }

    /// <summary>The sender's port; 0 for protocols without ports.</summary>
    public ushort SourcePort { get; init; }

    /// <summary>The receiver's port; 0 for protocols without ports.</summary>
    public ushort DestinationPort { get; init; }

    /// <summary>The same as an object, which may be kept.</summary>
    public ConntrackTuple ToTuple() =>
        new(Protocol, new IPEndPoint(new IPAddress(Source), SourcePort), new IPEndPoint(new IPAddress(Destination), DestinationPort));
}

/// <summary>A tracked flow without an object for it, valid only inside the call that got it.</summary>
public readonly ref struct ConntrackFlowView
{
    /// <summary>As its first packet came, before any translation.</summary>
    public ConntrackTupleView Original { get; init; }

    /// <summary>As its answers come: the source is where the packets really go.</summary>
    public ConntrackTupleView Reply { get; init; }

    /// <summary>The kernel's number for it.</summary>
    public uint Id { get; init; }

    /// <summary>How far it is; None if it is not of TCP.</summary>
    public ConntrackTcpState TcpState { get; init; }

    /// <summary>Whether its destination was translated.</summary>
    public bool HasDestinationNat => Reply.SourcePort != Original.DestinationPort || !Reply.Source.SequenceEqual(Original.Destination);

    /// <summary>Whether its source was translated.</summary>
    public bool HasSourceNat => Reply.DestinationPort != Original.SourcePort || !Reply.Destination.SequenceEqual(Original.Source);

    /// <summary>The same as an object, which may be kept and deleted.</summary>
    public ConntrackFlow ToFlow() => new(Original.ToTuple(), Reply.ToTuple(), Id);
}

/// <summary>Takes one flow after the other.</summary>
public delegate void ConntrackVisitor(in ConntrackFlowView flow);
