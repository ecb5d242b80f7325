namespace Viaduct.Kube.Server.Store;

/// <summary>Names one object: <paramref name="Resource"/> is <c>pods</c> or <c>deployments.apps</c>; Namespace is empty for cluster-wide objects.</summary>
internal readonly record struct StoreKey(string Resource, string Namespace, string Name)
{
    /// <summary>The order of lists and of continue tokens.</summary>
    public string Path => $"{Namespace}/{Name}";

    public override string ToString() => $"{Resource}/{Namespace}/{Name}";

    public static StoreKey Parse(string text)
    {
        var parts = text.Split('/');
        return parts.Length == 3
            ? new StoreKey(parts[0], parts[1], parts[2])
            : throw new InvalidDataException($"The database has a row with the malformed key '{text}'.");
    }
}
