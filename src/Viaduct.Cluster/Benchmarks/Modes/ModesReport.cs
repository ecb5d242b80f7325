namespace Viaduct.Cluster.Benchmarks.Modes;

/// <summary>What the benchmark of the modes measured.</summary>
public sealed record ModesReport
{
    public required IReadOnlyList<SizeReport> Sizes { get; init; }

    /// <summary>Ways that this machine cannot go, or not with so many Services, and why.</summary>
    public IReadOnlyList<SkippedWay> Skipped { get; init; } = [];

    /// <summary>Many connections at once through those that copy.</summary>
    public IReadOnlyList<ManyConnectionsReport> ManyConnections { get; init; } = [];

    public string Kernel { get; init; } = "";

    public string Commit { get; init; } = "";

    public int Processors { get; init; }

    public DateTimeOffset Date { get; init; }
}

/// <summary>All ways with one number of Services.</summary>
public sealed record SizeReport(int Services, int EndpointsPerService, IReadOnlyList<WayReport> Ways);

public sealed record SkippedWay(string Way, string Reason);

/// <summary>One way to the endpoints: without a Service, by a mode of the proxy, or by another program.</summary>
public sealed record WayReport
{
    public required string Way { get; init; }

    /// <summary>64 bytes there and back, over connections that stay; median of the slices.</summary>
    public double RequestsPerSecond { get; init; }

    /// <summary>The same as a part of direct's in the same round; median.</summary>
    public double RequestsOfDirect { get; init; }

    /// <summary>Of a request over the only connection.</summary>
    public required Percentiles Latency { get; init; }

    /// <summary>Connect, one request, close; median of the slices.</summary>
    public double ConnectionsPerSecond { get; init; }

    public double ConnectionsOfDirect { get; init; }

    /// <summary>From the begin of connecting to the answer, several connections at a time.</summary>
    public required Percentiles Connection { get; init; }

    /// <summary>Processor time of a request over a connection that stays.</summary>
    public required CpuReport Request { get; init; }

    /// <summary>Processor time of a connection with one request.</summary>
    public required CpuReport PerConnection { get; init; }

    /// <summary>The first write of all rules, by the proxy's metric.</summary>
    public double? FullWriteSeconds { get; init; }

    /// <summary>One endpoint replaced, median, by the proxy's metric.</summary>
    public double? ChangeMilliseconds { get; init; }
}

/// <summary>Microseconds.</summary>
public sealed record Percentiles(double P50, double P90, double P99);

/// <summary>Microseconds of processor time, client and server included in the machine's, and system calls of the program that serves.</summary>
public sealed record CpuReport
{
    public double MachineUser { get; init; }

    public double MachineSystem { get; init; }

    public double? ProxyUser { get; init; }

    public double? ProxySystem { get; init; }

    /// <summary>Counted by the kernel in a run of its own; null where perf_event_open(2) may not be used.</summary>
    public double? ProxySystemCalls { get; init; }
}

/// <summary>Many connections at once, each asked until all have answered.</summary>
public sealed record ManyConnectionsReport
{
    public required string Way { get; init; }

    public int Connections { get; init; }

    public int Answered { get; init; }

    public double RequestsPerSecond { get; init; }

    public double ResidentMegabytesBefore { get; init; }

    public double ResidentMegabytesWith { get; init; }

    /// <summary>Resident memory of the program; the kernel's for the sockets is not in it.</summary>
    public double KilobytesPerConnection { get; init; }
}
