namespace Courier.Net.Dns;

/// <summary>What an answer section says of a name: its aliases, followed, and the records at their end. Records of other names do not
/// count, whatever else the server put there.</summary>
internal sealed record AnswerChain(string Name, int Aliases, IReadOnlyList<DnsRecord> Records, TimeSpan TimeToLive)
{
    /// <returns>Null when there are more aliases than allowed, as in a loop.</returns>
    public static AnswerChain? Follow(DnsMessage reply, string name, DnsType type, int aliasesMax)
    {
        var ttl = uint.MaxValue;
        var aliases = 0;
        while (true)
        {
            var records = new List<DnsRecord>();
            OwnedRecord? alias = null;
            foreach (var answer in reply.Answers)
            {
                if (!string.Equals(answer.Owner, name, StringComparison.Ordinal) || answer.Record is null)
                    continue;
                if (answer.Type == (int)type)
                {
                    ttl = Math.Min(ttl, answer.TimeToLive);
                    records.Add(answer.Record);
                }
                else if (answer.Type == (int)DnsType.Cname)
                {
                    alias = answer;
                }
            }

            if (records.Count > 0 || alias?.Record is not NameRecord target)
                return new AnswerChain(name, aliases, records, TimeSpan.FromSeconds(ttl));
            if (++aliases > aliasesMax)
                return null;
            ttl = Math.Min(ttl, alias.TimeToLive);
            name = target.Target;
        }
    }
}
