using System.Text.Json.Serialization;
using Viaduct.Cluster.Benchmarks.Modes;

namespace Viaduct.Cluster.Benchmarks;

/// <summary>What the benchmark of the proxy measured; seconds and milliseconds of wall-clock time.</summary>
public sealed record ProxyBenchReport
{
    public int Services { get; init; }

    public int EndpointsPerService { get; init; }

    /// <summary>nftables, iptables-nft, iptables-legacy or ipvs.</summary>
    public string Mode { get; init; } = "";

    /// <summary>Making the objects in the API, before the proxy starts.</summary>
    public double LoadSeconds { get; init; }

    /// <summary>From the start of the process to the beginning of the first write.</summary>
    public double ListSeconds { get; init; }

    /// <summary>The first write of all rules, as the proxy's metric of full synchronizations has it.</summary>
    public double FullWriteSeconds { get; init; }

    /// <summary>From the start of the process to the last commit of the first write, seen in the kernel's generation.</summary>
    public double TotalSeconds { get; init; }

    /// <summary>Elements in the kernel's map of endpoints after the first write.</summary>
    public int KernelEndpoints { get; init; }

    /// <summary>After SIGKILL with the rules present: from the start of the process to the end of its comparison.</summary>
    public double RestartSeconds { get; init; }

    /// <summary>0 if the kernel's generation stayed, which only nftables mode changes; otherwise what the proxy counted.</summary>
    public int RestartElementsWritten { get; init; }

    public int Changes { get; init; }

    /// <summary>From the event at a watch of ours to the kernel's commit; 0 and below: the proxy's watch was first.</summary>
    public double ChangeP50Milliseconds { get; init; }

    public double ChangeP99Milliseconds { get; init; }

    /// <summary>From sending the request to the API to the kernel's commit.</summary>
    public double RequestToCommitP50Milliseconds { get; init; }

    public double RequestToCommitP99Milliseconds { get; init; }

    /// <summary>In iptables mode: iptables-restore alone, writing one Service's chain anew.</summary>
    public double FloorP50Milliseconds { get; init; }

    public double FloorP99Milliseconds { get; init; }

    /// <summary>In nftables mode only.</summary>
    public int SustainedChanges { get; init; }

    /// <summary>Changes per second that the API accepted.</summary>
    public double SustainedRate { get; init; }

    /// <summary>From the API's last answer to the kernel's last commit.</summary>
    public double SustainedLagMilliseconds { get; init; }

    /// <summary>Whether every last value was in the kernel afterwards.</summary>
    public bool SustainedComplete { get; init; }

    public double ResidentMegabytes { get; init; }

    public double ResidentMegabytesAfterChanges { get; init; }

    public double IdleSeconds { get; init; }

    public double IdleCpuSeconds { get; init; }

    public string Kernel { get; init; } = "";

    public string Commit { get; init; } = "";

    public int Processors { get; init; }

    public DateTimeOffset Date { get; init; }
}

/// <summary>JSON of the benchmarks' reports.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(ProxyBenchReport))]
[JsonSerializable(typeof(PacketBenchReport))]
[JsonSerializable(typeof(RoutesBenchReport))]
[JsonSerializable(typeof(AddressBenchReport))]
[JsonSerializable(typeof(ModesReport))]
public sealed partial class BenchJson : JsonSerializerContext;
