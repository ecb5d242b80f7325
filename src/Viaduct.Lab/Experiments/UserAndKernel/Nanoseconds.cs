using System.Diagnostics;
using System.Globalization;
using Viaduct.Lab.Engine;

namespace Viaduct.Lab.Experiments.UserAndKernel;

/// <summary>Short times. The least of many tries is what the thing itself takes; everything above it is what else the machine had to do.</summary>
internal static class Nanoseconds
{
    public static LocalizedText Each { get; } = new("ns each", "每次（ns）");

    /// <summary>Least time for one of <paramref name="times"/> things that an action does, over many actions.</summary>
    public static double Least(int tries, int times, Action action)
    {
        action();
        var least = double.MaxValue;
        for (var i = 0; i < tries; i++)
            least = Math.Min(least, Of(action) / times);
        return least;
    }

    public static double Of(Action action)
    {
        var began = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(began).TotalNanoseconds;
    }

    public static string Show(double nanoseconds) => nanoseconds.ToString(nanoseconds < 100 ? "0.0" : "0", CultureInfo.InvariantCulture);

    public static string ShowMicro(double nanoseconds) => (nanoseconds / 1000).ToString("0.00", CultureInfo.InvariantCulture);
}
