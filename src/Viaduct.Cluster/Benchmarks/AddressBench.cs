using System.Net;
using Viaduct.Addressing;

namespace Viaduct.Cluster.Benchmarks;

/// <summary>What the address bench measured.</summary>
public sealed record AddressBenchReport
{
    public string ServiceCidr { get; init; } = "";

    /// <summary>ClusterIPs of the range, all given out.</summary>
    public int Addresses { get; init; }

    /// <summary>Mean of giving out all, from the empty range to the last address.</summary>
    public double NanosecondsPerAllocation { get; init; }

    /// <summary>Mean of the last thousand, the range all but full.</summary>
    public double LastNanosecondsPerAllocation { get; init; }

    /// <summary>Mean of giving one back and having it again, the range full otherwise.</summary>
    public double NanosecondsPerReplacement { get; init; }

    /// <summary>The allocator, all given out.</summary>
    public double Megabytes { get; init; }

    /// <summary>Blocks of /28 of a Pod CIDR of /12, one for each node.</summary>
    public int NodeBlocks { get; init; }

    public double NanosecondsPerNodeBlock { get; init; }

    public double NodeBlockMegabytes { get; init; }

    /// <summary>Ranges of the plan that was checked.</summary>
    public int PlanRanges { get; init; }

    public int PlanFindings { get; init; }

    public double PlanSeconds { get; init; }

    public string Kernel { get; init; } = "";

    public string Commit { get; init; } = "";

    public int Processors { get; init; }

    public DateTimeOffset Date { get; init; }
}

/// <summary>Measures the allocators at their largest ranges, and the check of a large plan; in this process.</summary>
public static class AddressBench
{
    private const int Few = 1000;
    private static readonly IPNetwork s_services = IPNetwork.Parse("10.64.0.0/12"), s_pods = IPNetwork.Parse("172.16.0.0/12");

    public static AddressBenchReport Run(int planRanges, Action<string> step)
    {
        step("Giving out all ClusterIPs of a /12");
        var report = Services(new AddressBenchReport
        {
            ServiceCidr = s_services.ToString(),
            Kernel = Machine.Kernel,
            Commit = Machine.Commit,
            Processors = Environment.ProcessorCount,
            Date = TimeProvider.System.GetUtcNow(),
        });
        step("Giving out 65,536 node blocks");
        report = NodeBlocks(report);
        step($"Checking a plan of {planRanges} ranges");
        return Plan(report, planRanges);
    }

    private static AddressBenchReport Services(AddressBenchReport report)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var allocator = new ServiceAddressAllocator(s_services);
        var count = allocator.Free;
        IPAddress last = allocator.First;
        var most = Time(() => Allocate(count - Few));
        var end = Time(() => Allocate(Few));
        var megabytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / 1e6;
        var replacement = Time(() =>
        {
            for (var i = 0; i < Few; i++)
            {
                allocator.Release(last);
                Allocate(1);
            }
        });
        return report with
        {
            Addresses = count,
            NanosecondsPerAllocation = Math.Round((most + end) / count),
            LastNanosecondsPerAllocation = Math.Round(end / Few),
            NanosecondsPerReplacement = Math.Round(replacement / Few),
            Megabytes = Math.Round(megabytes, 2),
        };

        void Allocate(int times)
        {
            for (var i = 0; i < times; i++)
                last = allocator.Allocate()!;
        }
    }

    private static AddressBenchReport NodeBlocks(AddressBenchReport report)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var allocator = new NodeCidrAllocator(s_pods, 28);
        var count = allocator.Free;
        var time = Time(() =>
        {
            while (allocator.Allocate() is not null)
            {
            }
        });
        var megabytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / 1e6;
        GC.KeepAlive(allocator);
        return report with { NodeBlocks = count, NanosecondsPerNodeBlock = Math.Round(time / count), NodeBlockMegabytes = Math.Round(megabytes, 2) };
    }

    // Routes to networks elsewhere, and other clusters; every hundredth pod range collides with ours.
    private static AddressBenchReport Plan(AddressBenchReport report, int ranges)
    {
        var (elsewhere, others) = (IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("fd00:1::/32"));
        var plan = ClusterPlan.Default with
        {
            Provider = PlanProvider.Ack,
            Routes = [.. Enumerable.Range(0, ranges / 2).Select(i => elsewhere.BlockAt(24, (uint)i))],
            OtherClusters =
            [
                .. Enumerable.Range(0, ranges - (ranges / 2)).Select(i => new OtherClusterPlan($"cluster-{i}")
                {
                    PodCidr = i % 100 == 99 ? ClusterPlan.Default.PodCidr.Primary.BlockAt(24, (uint)(i / 100)) : others.BlockAt(64, (uint)i),
                }),
            ],
        };
        var findings = 0;
        var time = Time(() => findings = PlanChecker.Check(plan).Count);
        return report with { PlanRanges = ranges, PlanFindings = findings, PlanSeconds = Math.Round(time / 1e9, 4) };
    }

    /// <summary>In nanoseconds.</summary>
    private static double Time(Action action)
    {
        var start = TimeProvider.System.GetTimestamp();
        action();
        return TimeProvider.System.GetElapsedTime(start).TotalNanoseconds;
    }
}
