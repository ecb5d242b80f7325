using Viaduct.Cluster.Benchmarks.Load;

namespace Viaduct.Cluster.Benchmarks.Modes;

/// <summary>The slices of one kind of load on one way.</summary>
internal sealed class LoadSamples
{
    private readonly List<double> _rates = [];
    private CpuTime _machine, _proxy;
    private long _answers;

    public List<float> Microseconds { get; } = [];

    public double? SystemCalls { get; set; }

    public double MedianRate => Statistics.Median(_rates);

    public void Add(LoadResult result, CpuTime machine, CpuTime proxy)
    {
        _rates.Add(result.PerSecond);
        Microseconds.AddRange(result.Microseconds);
        _answers += result.Answers;
        _machine += machine;
        _proxy += proxy;
    }

    /// <summary>Round by round, as what disturbed a round disturbed both.</summary>
    public double RatioTo(LoadSamples other) => Math.Round(Statistics.Median([.. _rates.Zip(other._rates, (one, two) => one / two)]), 3);

    public CpuReport Cpu(bool hasProxy) => new()
    {
        MachineUser = PerAnswer(_machine.UserSeconds),
        MachineSystem = PerAnswer(_machine.SystemSeconds),
        ProxyUser = hasProxy ? PerAnswer(_proxy.UserSeconds) : null,
        ProxySystem = hasProxy ? PerAnswer(_proxy.SystemSeconds) : null,
        ProxySystemCalls = SystemCalls,
    };

    private double PerAnswer(double seconds) => Math.Round(seconds * 1e6 / _answers, 2);
}

internal static class Statistics
{
    public static double Median(IReadOnlyCollection<double> values) => values.Order().ElementAt(values.Count / 2);

    public static Percentiles Percentiles(List<float> microseconds)
    {
        microseconds.Sort();
        double At(double part) => Math.Round(microseconds[(int)((microseconds.Count - 1) * part)], 1);
        return new(At(0.5), At(0.9), At(0.99));
    }
}
