using Viaduct.Cli.Output;
using Viaduct.Cluster.Lifecycle;
using Viaduct.Kube.Http;
using Viaduct.Kube.Manifests;

namespace Viaduct.Cli.Commands;

/// <summary>The manifests that <c>up --apply</c> names: read before anything starts, applied once the cluster is up.</summary>
internal static class ManifestFiles
{
    private const string StandardInput = "-";

    /// <exception cref="ManifestException">A file cannot be read or is no manifest.</exception>
    public static IReadOnlyList<ManifestDocument> Read(IEnumerable<string> files) =>
        [.. files.SelectMany(file => file == StandardInput ? YamlManifest.Parse(Console.In.ReadToEnd(), "standard input") : YamlManifest.Load(file))];

    public static async Task ApplyAsync(HttpKubeApi api, IReadOnlyList<ManifestDocument> documents, StepProgress progress, CancellationToken cancellation)
    {
        if (documents.Count == 0)
            return;
        progress.Step(documents.Count == 1 ? "Applying 1 object" : $"Applying {documents.Count} objects");
        await new ManifestApplier(api).ApplyAsync(documents, cancellation);
        progress.Step("Waiting for their pods");
        await Readiness.WaitForPodsAsync(api, cancellation);
    }
}
