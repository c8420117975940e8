package cloison.vsp.kvp;

/// One pair of a pool, as the guest tells it.
public record KvpItem(String key, String value) {}
