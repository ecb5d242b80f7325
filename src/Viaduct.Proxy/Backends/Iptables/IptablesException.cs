namespace Viaduct.Proxy.Backends.Iptables;

/// <summary>A program of iptables is missing or failed for a reason that no rule is to blame for.</summary>
public sealed class IptablesException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>iptables-restore refused what it was given; nothing of the table that it was at is changed.</summary>
public sealed class RestoreRefusedException(string message, int? line) : Exception(message)
{
    /// <summary>The line of the input that it complained about.</summary>
    public int? Line { get; } = line;
}
