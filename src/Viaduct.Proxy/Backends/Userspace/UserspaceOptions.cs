namespace Viaduct.Proxy.Backends.Userspace;

/// <summary>What tests and operators may change of the proxy.</summary>
public sealed record UserspaceOptions
{
    /// <summary>
    /// For how long a UDP client and its endpoint may both be silent before their session ends. Each session is a descriptor, and a DNS client uses one
    /// for every question, so it is short.
    /// </summary>
    public TimeSpan UdpTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Descriptors for connections (two each) and sessions (one); null: nearly all that the process may have.</summary>
    public long? MaxDescriptors { get; init; }

    /// <summary>Leads packets to the proxy's ports; the backend disposes of it. Null: rules of nftables do.</summary>
    public IRedirects? Redirects { get; init; }

    /// <summary>For session affinity.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
