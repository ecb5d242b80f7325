using System.Globalization;
using System.Text.Json.Nodes;
using Viaduct.Proxy.Server.Http;

namespace Viaduct.Proxy.Server.Health;

/// <summary>The pages of the health server.</summary>
internal sealed class HealthPages(ProxyHealth health, Action<bool, int> count)
{
    public TinyAnswer Answer(string path) => path switch
    {
        "/healthz" => Page(health.Report(), live: false),
        "/livez" => Page(health.Report(), live: true),
        _ => TinyAnswer.NotFound,
    };

    /// <summary>Liveness leaves the node out: restarting the proxy does not make a node stay.</summary>
    private TinyAnswer Page(ProxyHealthReport report, bool live)
    {
        var fine = report.IsHealthy && (live || report.NodeEligible);
        var body = new JsonObject
        {
            // While all is well this is the present, as it has been since before changes were waited for: monitors compare the two.
            ["lastUpdated"] = Time(fine ? report.Now : report.LastUpdated),
            ["currentTime"] = Time(report.Now),
        };
        if (!live)
            body["nodeEligible"] = report.NodeEligible;
        body["healthy"] = report.IsHealthy;
        body["status"] = new JsonObject(report.Families.OrderBy(f => f.Key).Select(f => KeyValuePair.Create(
            f.Key.ToString(),
            (JsonNode?)new JsonObject { ["lastUpdated"] = Time(f.Value.IsHealthy ? report.Now : f.Value.LastUpdated), ["healthy"] = f.Value.IsHealthy })));
        count(live, fine ? 200 : 503);
        return TinyAnswer.Json(fine ? 200 : 503, body.ToJsonString());
    }

    /// <summary>Go's zero time stands for never.</summary>
    private static string Time(DateTimeOffset? time) =>
        time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture) ?? "0001-01-01T00:00:00Z";
}
