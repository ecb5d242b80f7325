namespace Viaduct.Cluster.Benchmarks;

/// <summary>What the benchmark of packets measured.</summary>
public sealed record PacketBenchReport
{
    public required IReadOnlyList<PacketPathReport> Paths { get; init; }

    public string Kernel { get; init; } = "";

    public string Commit { get; init; } = "";

    public int Processors { get; init; }

    public DateTimeOffset Date { get; init; }
}

/// <summary>One way from a client over a node to a server.</summary>
public sealed record PacketPathReport
{
    public required string Path { get; init; }

    /// <summary>connect(2) of a new TCP connection: the first packet there and its answer back.</summary>
    public double ConnectP50Microseconds { get; init; }

    public double ConnectP90Microseconds { get; init; }

    /// <summary>The same to the server's own address over the same node.</summary>
    public double DirectConnectP50Microseconds { get; init; }

    /// <summary>64 bytes there and back, over one connection.</summary>
    public double RequestsPerSecond { get; init; }

    /// <summary>The median of the ratios of slices side by side: through the Service, and to the server's own address over the same node.</summary>
    public double RequestsOfDirect { get; init; }

    public double GigabitsPerSecond { get; init; }

    public double GigabitsOfDirect { get; init; }
}
