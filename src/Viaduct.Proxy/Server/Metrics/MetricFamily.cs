using System.Globalization;
using System.Text;

namespace Viaduct.Proxy.Server.Metrics;

/// <summary>One metric with its label values, in the Prometheus text format.</summary>
internal abstract class MetricFamily(string name, string type, string help, params string[] labels)
{
    public string Name => name;

    protected Lock Gate { get; } = new();

    public void Write(StringBuilder text)
    {
        text.Append("# HELP ").Append(name).Append(' ').Append(help.Replace("\\", "\\\\", StringComparison.Ordinal)).Append('\n');
        text.Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
        lock (Gate)
            WriteSamples(text);
    }

    protected abstract void WriteSamples(StringBuilder text);

    protected void WriteSample(StringBuilder text, string suffix, string values, double value, string? more = null)
    {
        var all = more is null ? values : values.Length == 0 ? more : $"{values},{more}";
        text.Append(name).Append(suffix);
        if (all.Length > 0)
            text.Append('{').Append(all).Append('}');
        text.Append(' ').Append(Number(value)).Append('\n');
    }

    /// <summary>Label values as they stand between the braces: the key of a sample.</summary>
    protected string Key(ReadOnlySpan<string> values)
    {
        if (values.Length != labels.Length)
            throw new ArgumentException($"The metric {name} has {labels.Length} labels and was given {values.Length} values.", nameof(values));
        var text = new StringBuilder();
        for (var i = 0; i < values.Length; i++)
            text.Append(i == 0 ? "" : ",").Append(labels[i]).Append("=\"").Append(Escape(values[i])).Append('"');
        return text.ToString();
    }

    protected static string Number(double value) =>
        double.IsPositiveInfinity(value) ? "+Inf" : value.ToString("R", CultureInfo.InvariantCulture);

    private static string Escape(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}

/// <summary>A number that is set, or that only grows.</summary>
internal sealed class NumberMetric(string name, string type, string help, params string[] labels) : MetricFamily(name, type, help, labels)
{
    private readonly SortedDictionary<string, double> samples = new(StringComparer.Ordinal);

    public static NumberMetric Counter(string name, string help, params string[] labels) => new(name, "counter", help, labels);

    public static NumberMetric Gauge(string name, string help, params string[] labels) => new(name, "gauge", help, labels);

    public void Set(double value, params ReadOnlySpan<string> labelValues)
    {
        var key = Key(labelValues);
        lock (Gate)
            samples[key] = value;
    }

    public void Add(double value, params ReadOnlySpan<string> labelValues)
    {
        var key = Key(labelValues);
        lock (Gate)
            samples[key] = samples.GetValueOrDefault(key) + value;
    }

    protected override void WriteSamples(StringBuilder text)
    {
        foreach (var (key, value) in samples)
            WriteSample(text, "", key, value);
    }
}
