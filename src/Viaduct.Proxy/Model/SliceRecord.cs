namespace Viaduct.Proxy.Model;

/// <summary>What the proxy keeps of an EndpointSlice.</summary>
internal sealed class SliceRecord
{
    public required TrackedService Service { get; init; }

    public required SlicePort[] Ports { get; init; }

    public required EndpointRecord[] Endpoints { get; init; }

    /// <summary>What in it cannot be served, for people; null: all is well.</summary>
    public string? Problem { get; init; }

    /// <summary>The list in which it was seen last.</summary>
    public int Seen { get; set; }

    /// <summary>Whether serving by <paramref name="other"/> instead would change nothing.</summary>
    public bool SaysTheSameAs(SliceRecord other) =>
        Service == other.Service && Problem == other.Problem && Ports.AsSpan().SequenceEqual(other.Ports) && Endpoints.AsSpan().SequenceEqual(other.Endpoints);

    /// <summary>The slice's number for a Service port, or 0: they belong together when name and protocol are equal.</summary>
    public ushort NumberOf(string name, TransportProtocol protocol)
    {
        foreach (var port in Ports)
        {
            if (port.Protocol == protocol && port.Name == name)
                return port.Number;
        }

        return 0;
    }
}

internal readonly record struct SlicePort(string Name, TransportProtocol Protocol, ushort Number);

/// <summary>What the proxy keeps of an endpoint: 32 bytes.</summary>
/// <param name="Address">Its first address; all of them are the same pod.</param>
/// <param name="Traits">Conditions, place and node hints.</param>
/// <param name="Zones">Zones of its hints, shared by all that have the same; null when it has none.</param>
internal readonly record struct EndpointRecord(PackedAddress Address, EndpointTraits Traits, string[]? Zones)
{
    public bool Is(EndpointTraits traits) => (Traits & traits) == traits;

    public bool IsServingWhileTerminating => Is(EndpointTraits.Serving | EndpointTraits.Terminating);

    public bool IsFor(string? zone) => zone is not null && Zones is not null && Zones.AsSpan().Contains(zone);

    public bool Equals(EndpointRecord other) =>
        Address == other.Address && Traits == other.Traits && (Zones == other.Zones || Zones.AsSpan().SequenceEqual(other.Zones));

    public override int GetHashCode() => HashCode.Combine(Address, Traits);
}

/// <summary>The node's name never changes while the proxy runs, so that what refers to it is one bit.</summary>
[Flags]
internal enum EndpointTraits : byte
{
    None = 0,
    Terminating = 1,
    Serving = 2,
    Ready = 4,

    /// <summary>Its pod runs on this node.</summary>
    Local = 8,

    /// <summary>Its pod is known to run on another node.</summary>
    Remote = 16,

    /// <summary>It has hints that name nodes.</summary>
    HasNodeHint = 32,

    /// <summary>Such a hint names this node.</summary>
    ForThisNode = 64,
}
