using System.Text;
using Viaduct.Proxy.Server.Metrics;

namespace Viaduct.Proxy.Server.Pages;

/// <summary>The page <c>/metrics/slis</c>: how the metrics server's own <c>/healthz</c> was answered (KEP-3466), under kube-proxy's names.</summary>
internal sealed class SliMetrics
{
    private readonly NumberMetric healthy = NumberMetric.Gauge("kubernetes_healthcheck", "This metric records the result of a single healthcheck.", "name", "type");
    private readonly NumberMetric answers = NumberMetric.Counter("kubernetes_healthchecks_total", "This metric records the results of all healthcheck.", "name", "status", "type");

    public void Answered()
    {
        healthy.Set(1, "ping", "healthz");
        answers.Add(1, "ping", "success", "healthz");
    }

    public string Write()
    {
        var text = new StringBuilder();
        healthy.Write(text);
        answers.Write(text);
        return text.ToString();
    }
}
