package cloison.vsp.kvp;

import cloison.vsp.kvp.protocol.KvpBody;

/// What the host wants of a pool.
sealed interface KvpRequest {
    KvpPool pool();

    record Read(KvpPool pool, String key) implements KvpRequest {
        public Read {
            checkKey(key);
        }
    }

    record Write(KvpPool pool, String key, String value) implements KvpRequest {
        public Write {
            checkKey(key);
            if (!KvpBody.fits(value, KvpBody.VALUE_LIMIT)) {
                throw new IllegalArgumentException("the value of key '" + key + "' has " + value.length()
                        + " characters: use at most " + (KvpBody.VALUE_LIMIT / 2 - 1));
            }
        }
    }

    record Delete(KvpPool pool, String key) implements KvpRequest {
        public Delete {
            checkKey(key);
        }
    }

    record Enumerate(KvpPool pool) implements KvpRequest {}

    private static void checkKey(String key) {
        if (key.isEmpty() || !KvpBody.fits(key, KvpBody.KEY_LIMIT)) {
            throw new IllegalArgumentException(
                    "a key has " + key.length() + " characters: use 1 to " + (KvpBody.KEY_LIMIT / 2 - 1));
        }
    }
}
