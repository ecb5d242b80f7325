namespace Viaduct.Cluster.Benchmarks;

/// <summary>Arithmetic of measured times.</summary>
internal static class Samples
{
    /// <summary>Between two time stamps of the system's clock.</summary>
    public static double Milliseconds(long from, long to) => Math.Round((to - from) * 1000.0 / TimeProvider.System.TimestampFrequency, 3);

    public static double Seconds(long from, long to) => Math.Round((to - from) / (double)TimeProvider.System.TimestampFrequency, 3);

    /// <summary>Nearest rank; 0 without values, which it sorts.</summary>
    public static double Percentile(List<double> values, double share)
    {
        values.Sort();
        return values.Count == 0 ? 0 : values[(int)Math.Ceiling(share * values.Count) - 1];
    }
}
