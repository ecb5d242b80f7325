namespace Viaduct.Cluster.Plans;

/// <summary>A plan's file that cannot be read; the message names the file, the line and the field.</summary>
public sealed class PlanFileException(string message, Exception? cause = null) : Exception(message, cause);
