namespace Viaduct.Cni.Types;

/// <summary>Versions of the CNI specification.</summary>
public static class CniVersion
{
    public const string Latest = "1.1.0";

    /// <summary>All that results and configurations are understood in, oldest first.</summary>
    public static IReadOnlyList<string> Supported { get; } = ["0.3.0", "0.3.1", "0.4.0", "1.0.0", Latest];

    /// <summary>Whether <paramref name="version"/> is the same as or newer than <paramref name="other"/>; both must be supported ones.</summary>
    public static bool IsAtLeast(string version, string other) => IndexOf(version) >= IndexOf(other);

    private static int IndexOf(string version)
    {
        for (var i = 0; i < Supported.Count; i++)
        {
            if (Supported[i] == version)
                return i;
        }
        throw new ArgumentException($"CNI version {version} is not supported.", nameof(version));
    }
}
