namespace Viaduct.Cluster;

/// <summary>Something about a cluster that a person can mend; the message is the one sentence to show.</summary>
public class ClusterException(string message, Exception? cause = null) : Exception(message, cause);
