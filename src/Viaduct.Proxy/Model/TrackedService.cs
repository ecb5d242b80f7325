namespace Viaduct.Proxy.Model;

/// <summary>A Service and its slices, as they came, and what of it is in the state.</summary>
internal sealed class TrackedService(ServiceName name)
{
    public ServiceName Name { get; } = name;

    /// <summary>The ports that its object asks for; empty without an object. Their endpoints are those of the last commit.</summary>
    public ServicePortState[] Ports { get; set; } = [];

    /// <summary>The ports in the state, as of the last commit.</summary>
    public ServicePortState[] Served { get; set; } = [];

    public List<SliceRecord> Slices { get; } = new(1);

    /// <summary>0: load balancers do not ask.</summary>
    public ushort HealthCheckPort { get; set; }

    /// <summary>What of its object cannot be served.</summary>
    public string[] Problems { get; set; } = [];

    /// <summary>The problems that were told already.</summary>
    public string[] Told { get; set; } = [];

    /// <summary>The list in which its object was seen last; null: there is no object.</summary>
    public int? Seen { get; set; }

    public bool IsEmpty => Seen is null && Slices.Count == 0;

    public bool HasZoneHints
    {
        get
        {
            foreach (var slice in Slices)
            {
                foreach (var endpoint in slice.Endpoints)
                {
                    if (endpoint.Zones is not null)
                        return true;
                }
            }

            return false;
        }
    }

    /// <summary>Distinct addresses of ready endpoints on this node, whatever the port.</summary>
    public int CountLocalReady()
    {
        var addresses = new HashSet<PackedAddress>();
        foreach (var slice in Slices)
        {
            if (slice.Ports.Length == 0)
                continue;
            foreach (var endpoint in slice.Endpoints)
            {
                if (endpoint.Is(EndpointTraits.Local | EndpointTraits.Ready))
                    addresses.Add(endpoint.Address);
            }
        }

        return addresses.Count;
    }
}
