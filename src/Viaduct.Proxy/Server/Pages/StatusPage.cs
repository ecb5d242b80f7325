using System.Globalization;
using System.Runtime.InteropServices;
using Viaduct.Proxy.Server.Configuration;

namespace Viaduct.Proxy.Server.Pages;

/// <summary>The page <c>/statusz</c> (KEP-4827): what runs here and since when.</summary>
internal sealed class StatusPage(IReadOnlyList<string> paths, TimeProvider time)
{
    private readonly DateTimeOffset started = time.GetUtcNow();

    public string Write()
    {
        var up = time.GetUtcNow() - started;
        return string.Create(CultureInfo.InvariantCulture, $"""

            kube-proxy statusz
            For people, not for programs: the format may change.

            Started: {started.UtcDateTime:ddd MMM d HH:mm:ss} UTC {started.Year}
            Up: {(long)up.TotalHours} hr {up.Minutes:00} min {up.Seconds:00} sec
            Runtime version: {RuntimeInformation.FrameworkDescription}
            Binary version: {typeof(StatusPage).Assembly.GetName().Version?.ToString(3)}
            Emulation version: {KnownFeatureGates.Release}
            Paths: {string.Join(' ', paths)}

            """);
    }
}
