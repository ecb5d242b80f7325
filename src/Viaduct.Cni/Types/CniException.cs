namespace Viaduct.Cni.Types;

/// <summary>Error codes of the CNI SPEC, section "Error"; 100 and above are this plugin's own.</summary>
public static class CniErrorCode
{
    public const int IncompatibleVersion = 1;
    public const int UnsupportedField = 2;
    public const int InvalidEnvironment = 4;
    public const int InputOutput = 5;
    public const int Decoding = 6;
    public const int InvalidConfiguration = 7;
    public const int InvalidNetNamespace = 8;
    public const int TryAgainLater = 11;
    public const int NotAvailable = 50;
    public const int Kernel = 100;
    public const int AddressAllocation = 101;
    public const int AlreadyAttached = 102;
    public const int CheckFailed = 103;
}

/// <summary>A CNI error object: what the runtime gets on standard output.</summary>
public sealed class CniException(int code, string message, string? details = null, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>The code, see <see cref="CniErrorCode"/>.</summary>
    public int Code { get; } = code;

    /// <summary>What else helps to find the fault.</summary>
    public string? Details { get; } = details;

    /// <summary>An error in the network configuration.</summary>
    public static CniException InvalidConfiguration(string message) => new(CniErrorCode.InvalidConfiguration, message);

    /// <summary>A key that the plugin knows and cannot serve; the SPEC wants key and value in the message.</summary>
    public static CniException Unsupported(string key, string value, string advice) =>
        new(CniErrorCode.UnsupportedField, $"{key}: {value} is not supported. {advice}");
}
