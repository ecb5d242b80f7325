using System.Text;

namespace Viaduct.Proxy.Server.Metrics;

/// <summary>How often values fell below each of some bounds.</summary>
internal sealed class HistogramMetric(string name, string help, double[] bounds, params string[] labels) : MetricFamily(name, "histogram", help, labels)
{
    private readonly SortedDictionary<string, Samples> all = new(StringComparer.Ordinal);

    /// <summary><paramref name="count"/> bounds, each <paramref name="factor"/> times the one before.</summary>
    public static double[] Exponential(double start, double factor, int count) =>
        [.. Enumerable.Range(0, count).Select(i => start * Math.Pow(factor, i))];

    /// <summary><paramref name="count"/> bounds at equal distances.</summary>
    public static double[] Linear(double start, double width, int count) => [.. Enumerable.Range(0, count).Select(i => start + (width * i))];

    public void Observe(double value, params ReadOnlySpan<string> labelValues)
    {
        var key = Key(labelValues);
        lock (Gate)
        {
            if (!all.TryGetValue(key, out var samples))
                all[key] = samples = new Samples(bounds.Length);
            samples.Count++;
            samples.Sum += value;
            var at = Array.BinarySearch(bounds, value);
            if ((at < 0 ? ~at : at) is var bucket && bucket < bounds.Length)
                samples.Buckets[bucket]++;
        }
    }

    protected override void WriteSamples(StringBuilder text)
    {
        foreach (var (key, samples) in all)
        {
            var below = 0L;
            for (var i = 0; i < bounds.Length; i++)
                WriteSample(text, "_bucket", key, below += samples.Buckets[i], $"le=\"{Number(bounds[i])}\"");
            WriteSample(text, "_bucket", key, samples.Count, "le=\"+Inf\"");
            WriteSample(text, "_sum", key, samples.Sum);
            WriteSample(text, "_count", key, samples.Count);
        }
    }

    private sealed class Samples(int buckets)
    {
        public long[] Buckets { get; } = new long[buckets];

        public long Count { get; set; }

        public double Sum { get; set; }
    }
}
